"""Tests of fpray/testing/."""
