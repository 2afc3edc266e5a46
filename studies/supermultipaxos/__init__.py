"""The studies of supermultipaxos."""
