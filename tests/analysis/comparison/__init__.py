"""Tests of `analysis/comparison/`."""
