"""Cluster files and launcher configurations that fpray carries: which machines there are, and which serve what."""
