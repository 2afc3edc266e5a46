"""Tests of fpray/node/."""
