"""The stacks of a process, each with the number of its samples: from a recording, as text, and by function."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from fpray.files.reading import open_regular
from fpray.profiles.jfr.samples import Sample, frame_text

Stacks = Mapping[tuple[str, ...], int]  # thread, then its functions, the outermost first -> samples
_MOST_STACKS: Final = 100_000  # of a process
_MOST_BYTES: Final = 64 << 20  # of a text
# Native methods in which a thread waits: JFR cannot tell whether a thread in native code runs.
_WAITS: Final = re.compile(
    r"\.(epollWait\w*|EPoll\.wait|Native\.epoll\w*|poll\w*|accept\w*|socketAccept\w*|socketRead\w*|park|sleep\w*"
    r"|wait|wait0|waitFor\w*|readBytes\w*|connect\w*|select\w*)$"
)
REST: Final = "[rarer stacks]"


class Share(NamedTuple):
    """The samples of a function: in itself, and in it or in what it called."""

    self_samples: int
    total_samples: int


def counted(samples: Iterable[Sample], window_ns: tuple[int, int] | None) -> Counter[tuple[str, ...]]:
    """The stacks of samples in a time, [begin, end) in ns since the epoch, without threads that waited.

    window_ns: None for all of them.
    """
    stacks: Counter[tuple[str, ...]] = Counter()
    for sample in samples:
        if window_ns is not None and not window_ns[0] <= sample.at_ns < window_ns[1]:
            continue
        if sample.is_native and _WAITS.search(sample.frames[-1]):
            continue
        stack = (sample.thread, *sample.frames)
        stacks[stack if stack in stacks or len(stacks) < _MOST_STACKS else (sample.thread, REST)] += 1
    return stacks


def as_text(stacks: Stacks) -> str:
    """Stacks as other tools read them (collapsed stacks of Brendan Gregg's FlameGraph): `thread;outer;inner 12`."""
    return "".join(f"{';'.join(stack)} {count}\n" for stack, count in sorted(stacks.items()))


def read_stacks(path: Path) -> Counter[tuple[str, ...]]:
    """The stacks of a text, at most 64 MB of it; lines that are none are left out.

    Raises:
        OSError: it cannot be read.
    """
    stacks: Counter[tuple[str, ...]] = Counter()
    with open_regular(path) as file:
        text = file.read(_MOST_BYTES).decode(errors="backslashreplace")
    for line in text.split("\n"):
        words, _, number = line.rpartition(" ")
        if words and number.isascii() and number.isdigit() and len(number) < 16 and len(stacks) < _MOST_STACKS:
            stacks[tuple(map(frame_text, words.split(";")))] += int(number)
    return stacks


def shares(all_stacks: Iterable[Stacks]) -> dict[str, Share]:
    """Function -> its samples in all stacks together; a function that calls itself counts once in a stack."""
    own, total = Counter[str](), Counter[str]()
    for stacks in all_stacks:
        for (_thread, *functions), count in stacks.items():
            if functions:
                own[functions[-1]] += count
                for name in set(functions):
                    total[name] += count
    return {name: Share(own[name], count) for name, count in total.items()}


def top(by_function: Mapping[str, Share], most: int) -> list[tuple[str, Share]]:
    """The functions with the most samples in themselves, then those with the most in all."""
    order: Sequence[tuple[str, Share]] = sorted(by_function.items(), key=lambda one: (-one[1][0], -one[1][1], one[0]))
    return list(order[:most])
