"""Tests of profiles: recordings, stacks, flame graphs, and trials that are profiled."""
