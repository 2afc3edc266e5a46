"""Tests of fpray/node/supervisor/."""
