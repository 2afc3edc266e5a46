"""Tests of the repository itself: its shape, its documents, its wheel."""
