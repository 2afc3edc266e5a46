"""Profiles in words: the top functions of a part of a trial, and what differs between two trials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from fpray.files.paths import short_path
from fpray.profiles.stacks import Share, top
from fpray.profiles.trial_profile import Part, TrialProfile
from fpray.report.table import print_table
from fpray.report.text import show_line

_FUNCTION: Final = "function"
_NONE: Final = Share(0, 0)


def show_profile(profile: TrialProfile, most: int) -> None:
    """Print the functions of each part with the most samples, and where its flame graph is."""
    for part in profile.parts:
        show_line(f"{part.name} of {profile.name}: {_count(part)}")
        if part.flame_graph.is_file():
            show_line(f"flame graph: {short_path(part.flame_graph)}")
        rows = [
            [_percent(share.self_samples, part), _percent(share.total_samples, part), name]
            for name, share in top(part.functions, most)
        ]
        if rows:
            print_table(["itself", "with calls", _FUNCTION], rows, [_FUNCTION])
    _show_notes(profile)


def show_difference(profile: TrialProfile, other: TrialProfile, most: int) -> None:
    """Print the functions of which the shares differ most, of the parts that both have.

    A share is of the samples of a part in its own trial, so two trials of different length can be compared.
    """
    by_name = {part.name: part for part in other.parts}
    for part in profile.parts:
        if (its := by_name.get(part.name)) is None:
            show_line(f"{part.name}: only {profile.name} has a profile of it")
            continue
        show_line(f"{part.name}: {profile.name} ({_count(part)}) against {other.name} ({_count(its)})")
        rows = list(_differences(part, its, most))
        if rows:
            headings = ["itself", "against", "difference", "with calls", "against ", "difference ", _FUNCTION]
            print_table(headings, rows, [_FUNCTION])
    for one in (profile, other):
        _show_notes(one)


def _differences(part: Part, other: Part, most: int) -> Iterator[Sequence[str]]:
    """A row for each function, the largest difference of its own samples first."""
    mine, its = part.functions, other.functions
    both = [(name, mine.get(name, _NONE), its.get(name, _NONE)) for name in {*mine, *its}]

    def size(one: tuple[str, Share, Share]) -> tuple[float, float, str]:
        name, a, b = one
        own, total = (abs(_share(a[k], part) - _share(b[k], other)) for k in (0, 1))
        return -own, -total, name

    for name, a, b in sorted(both, key=size)[:most]:
        cells = []
        for k in (0, 1):
            change = 100 * (_share(a[k], part) - _share(b[k], other))
            cells += [_percent(a[k], part), _percent(b[k], other), f"{change:+.1f}"]
        yield [*cells, name]


def _show_notes(profile: TrialProfile) -> None:
    for note in profile.notes:
        show_line(f"note: {profile.name}: {note}")


def _count(part: Part) -> str:
    count = part.samples
    samples = f"{count} sample{'s' * (count != 1)}"
    return samples if len(part.stacks) == 1 else f"{samples} of {len(part.stacks)} processes"


def _share(count: int, part: Part) -> float:
    return count / max(1, part.samples)


def _percent(count: int, part: Part) -> str:
    return f"{100 * _share(count, part):.1f} %"
