"""The studies of superbpaxos."""
