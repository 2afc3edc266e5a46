"""The studies of matchmakermultipaxos."""
