"""Tests of fpray/store/."""
