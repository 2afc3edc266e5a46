"""Tests of fpray/searching/."""
