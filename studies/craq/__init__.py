"""The studies of craq."""
