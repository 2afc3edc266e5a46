"""Tests of analysis/table/."""
