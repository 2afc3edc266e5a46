"""Tests of fpray/plan/."""
