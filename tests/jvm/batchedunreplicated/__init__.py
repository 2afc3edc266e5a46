"""Tests of the batched, unreplicated protocol in the reference jar."""
