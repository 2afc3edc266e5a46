"""The studies of unreplicated."""
