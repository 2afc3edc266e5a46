"""Tests of fpray/cluster/."""
