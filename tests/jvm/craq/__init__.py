"""Tests of CRAQ in the reference jar."""
