"""Tests of fpray/files/."""
