"""The studies of multipaxos."""
