"""What can be read from disk, and how it is shown."""
