"""Tests of fpray/samples/."""
