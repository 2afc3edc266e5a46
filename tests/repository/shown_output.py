"""Compares the output of a command with what a document shows of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_NUMBER = r"\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?"
# What differs from run to run and from machine to machine -> what stands for it, in this order.
_RULES = (
    (r"(?:/[^\s/]+)+(?=/suites/)", "..."),  # where the suites are
    (r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_[A-Z]{10}", "SUITE"),  # its time and its id
    (r"(?<=fpray show )[A-Z]{4}\b", "SUITE"),
    (r"\d+:\d\d:\d\d", "TIME"),  # h:mm:ss
    (r"(?<=about )\d+ (?:s|min|h)\b", "TIME"),  # by plan
    (rf"\b(after|in) {_NUMBER} ?s\b", r"\1 TIME"),
    (r"\d+ cores?, (?:embedded )?Ray [\d.]+|\d+ cores?, Ray at [\d.:]+", "MACHINE"),
    (r"\(sha [0-9a-f]{8}\)", "(sha HASH)"),  # of a jar
    (r"reference \d+\.\d+\.\d+", "reference VERSION"),
    (rf"(?<=measured\.latency\.median_ms': '){_NUMBER}|(?<=measured\.throughput': '){_NUMBER}", "NUMBER"),
    (
        r" · (?:limited by |nothing is saturated).*$",
        "",
    ),  # a short trial has no samples, and a busy machine other limits
)
# What a search finds depends on the machine: all numbers of its lines, and the configuration.
_SEARCH = re.compile(r" *(?:\[\d+/\d+; .*\{'num_clients_per_proc'|best(?: so far|:)|measured\.\S+ |from \d+ trials)")
# Lines that are there or not, by the state of the machine: doubts; an environment and a jar that have been made.
_SOMETIMES = re.compile(
    r" *(?:doubt about these numbers: |making \.venv$|setting up \.venv |set up in |building the reference jar )"
)


def comparable(line: str) -> str:
    """A line of output without what may differ: the one place that says what that is."""
    if _SEARCH.match(line):
        line = re.sub(_NUMBER, "NUMBER", line)
    for pattern, instead in _RULES:
        line = re.sub(pattern, instead, line)
    return line.rstrip()


def differs(expected: Sequence[str], output: Iterable[str]) -> str | None:
    """What a document shows and the output lacks, or the other way round; None where they agree.

    `...` in a document stands for any text of a line, and alone in a line for any number of lines.
    """
    lines = [comparable(line) for line in output if not _SOMETIMES.match(line)]
    pattern = "".join(map(_pattern, (line for line in expected if not _SOMETIMES.match(line))))
    if re.fullmatch(pattern, "".join(f"{line}\n" for line in lines)):
        return None
    return "\n".join(["shown, and not printed so:", *map(comparable, expected), "printed:", *lines])


def _pattern(line: str) -> str:
    if line.strip() == "...":
        return r"(?:.*\n)*?"
    return ".*".join(re.escape(comparable(piece)) for piece in re.split(r"\.\.\.(?!/suites)", line)) + r"\n"
