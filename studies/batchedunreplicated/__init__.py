"""The studies of batchedunreplicated."""
