"""The studies of simplegcbpaxos."""
