"""The studies of unanimousbpaxos."""
