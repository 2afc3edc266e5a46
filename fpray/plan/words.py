"""Numbers of things, durations, and how to continue, in words."""

from __future__ import annotations

from typing import Final

AGAIN: Final = "run the same command again to continue"
FREE_SPACE: Final = f"remove some files there, and it goes on by itself (Ctrl-C stops; {AGAIN})"


def number_of(count: int, noun: str) -> str:
    """`1 trial`, `3 trials`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def duration_in_words(seconds: float) -> str:
    """`25 s`, `6 min`, `3 h 10 min`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
