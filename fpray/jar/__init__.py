"""The jar that trials run: where it comes from, whether it fits, and what is written down about it."""
