"""The studies of horizontal."""
