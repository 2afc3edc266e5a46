"""Tests of fpray/study/."""
