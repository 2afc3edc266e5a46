"""Phrases that several messages share, so that one thing always has the same words."""

from __future__ import annotations

import re
import shlex
from typing import Final

AGAIN: Final = "to continue, run the same fpray command again"
RERUN: Final = "the same fpray command runs it again"
RAY_START: Final = "ray start --address=HEAD:6379, with the address of the head node in place of HEAD"
START_RAY: Final = f"Start Ray there: {RAY_START}"
FREE_SPACE: Final = (
    "remove what you do not need from that disk, and the sweep continues automatically"
    " (results are kept; Ctrl-C stops it)"
)
# No user typed these: words for the head node of a cluster, a secret for another process, a secret that is covered.
_NOT_TYPED = re.compile(r"^--as-job|/ray_bootstrap_config\.yaml$|^(--[a-z-]+=)?once:|\*\*\*")


def again(command: str, aim: str = "to continue", more: str = "") -> str:
    """How to continue what a command line began; the command is not shown where it is not the one that was typed.

    aim: what that is for; more: words that are added to the command.
    """
    words = shlex.split(command)
    if words[:1] != ["fpray"] or any(_NOT_TYPED.search(word) for word in words):
        return f"{aim}, run the same fpray command again{f', and add {more}' if more else ''}"
    line = shlex.join(word for word in words if word != "--new")
    return f"{aim}, run {line}{f' {more}' if more else ''}"


def unwritable(what: str, where: object, reason: str, remedy: str) -> str:
    """What cannot go on because a file cannot be written, what to do, and how to continue."""
    why = f"{what}, because {where} cannot be written: {reason}"
    return f"{why}. Finished results are kept. {remedy}; {AGAIN}"


def number_of(count: int, noun: str) -> str:
    """`1 trial`, `3 trials`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def duration_in_words(seconds: float) -> str:
    """`25 s`, `6 min`, `3 h 10 min`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
