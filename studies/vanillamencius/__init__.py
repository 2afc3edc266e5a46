"""The studies of vanillamencius."""
