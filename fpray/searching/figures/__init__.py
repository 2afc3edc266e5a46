"""A search as a figure."""
