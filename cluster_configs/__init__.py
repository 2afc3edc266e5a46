"""Cluster files that fpray carries: which machines serve which pool."""
