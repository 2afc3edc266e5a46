"""Tests of fpray/recorder/."""
