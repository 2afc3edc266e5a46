"""Tests of analysis/handover/."""
