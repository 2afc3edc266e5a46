"""Tests of fpray/report/."""
