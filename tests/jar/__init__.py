"""Tests of fpray/jar/."""
