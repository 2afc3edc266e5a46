"""The studies of mencius."""
