"""The studies of fastmultipaxos."""
