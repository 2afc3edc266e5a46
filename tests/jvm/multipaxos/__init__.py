"""Tests of MultiPaxos in the reference jar."""
