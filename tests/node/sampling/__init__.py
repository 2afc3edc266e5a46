"""Tests of what a role actor reads of its processes and its machine."""
