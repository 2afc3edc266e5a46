"""The studies of fasterpaxos."""
