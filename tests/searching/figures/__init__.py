"""Tests of fpray/searching/figures/."""
