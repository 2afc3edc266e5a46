"""Numbers of things in words."""

from __future__ import annotations


def number_of(count: int, noun: str) -> str:
    """`1 trial`, `3 trials`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
