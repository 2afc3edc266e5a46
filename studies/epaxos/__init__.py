"""The studies of epaxos."""
