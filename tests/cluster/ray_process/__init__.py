"""Tests of fpray/cluster/ray_process/."""
