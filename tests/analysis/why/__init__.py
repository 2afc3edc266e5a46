"""Tests of analysis/why/."""
