"""Tests of fpray/evidence/."""
