"""Tests of jvm/: the reference jar's servers, clients, flags and histories."""
