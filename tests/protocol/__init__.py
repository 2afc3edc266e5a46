"""Tests of fpray/protocol/."""
