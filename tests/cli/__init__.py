"""Tests of fpray/cli/."""
