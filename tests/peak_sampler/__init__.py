"""Tests of fpray/peak_sampler/."""
