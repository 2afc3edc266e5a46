"""The studies of simplebpaxos."""
