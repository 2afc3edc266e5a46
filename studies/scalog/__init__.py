"""The studies of scalog."""
