"""What one trial will do, as pure data."""
