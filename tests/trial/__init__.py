"""Tests of fpray/trial/."""
