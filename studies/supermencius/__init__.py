"""The studies of supermencius."""
