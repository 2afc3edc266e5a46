"""Tests of fpray/driver/."""
