"""Tests of EPaxos in the reference jar."""
