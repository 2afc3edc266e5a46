"""What limits a trial, in words: of its one line, of tables, and of the source line of a figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from fpray.files.printable import printable
from fpray.store.bottleneck import Bottleneck, Kind, bottleneck_of

LIMITED_BY: Final = "limited by"  # the heading of a column, too
_LONGEST: Final = 40  # characters of the name of a role
_SURE: Final = 0.75  # a verdict of which fewer of the seconds say the same says so
_NAMED: Final = 3  # kinds of limits in the line of many trials


def limit_sentence(results: Mapping[str, Any]) -> str:
    """`limited by a thread of server (94%)`; empty where the results of a trial do not say it."""
    limit = bottleneck_of(results)
    if limit is None:
        return ""
    role = printable(limit.role, most=_LONGEST) if limit.role else ""
    facts = [_percent(limit.share)] if limit.share is not None else []
    if limit.kind is Kind.NONE:
        what = "nothing is saturated: the load is too small"
        facts = [" ".join(["busiest:", role, *facts])] if role else []
    else:
        what = f"{LIMITED_BY} {_cause(limit)}"
        facts += [f"mostly {role}"] if limit.kind is Kind.CPU and role else []
    if limit.confidence is not None and limit.confidence < _SURE:
        facts.append(f"in {_percent(limit.confidence)} of the seconds")
    return f"{what} ({', '.join(facts)})" if facts else what


def limit_cell(results: Mapping[str, Any]) -> str:
    """`a thread of server, 94%`; `-` where the results of a trial do not say it."""
    limit = bottleneck_of(results)
    return "-" if limit is None else in_brief(limit)


def in_brief(limit: Bottleneck) -> str:
    """`a thread of server, 94%`."""
    share = [_percent(limit.share)] if limit.share is not None and limit.kind is not Kind.NONE else []
    return ", ".join([_cause(limit), *share])


def limit_counts(trials: Iterable[Mapping[str, Any]]) -> str:
    """`limited by a thread of server (8 trials), the clients (2)`; empty where no trial says it."""
    counts = Counter(_cause(limit) for results in trials if (limit := bottleneck_of(results)) is not None)
    parts = [f"{cause} ({count})" for cause, count in counts.most_common(_NAMED)]
    if not parts:
        return ""
    parts[0] = parts[0].removesuffix(")") + (" trial)" if parts[0].endswith("(1)") else " trials)")
    others = counts.total() - sum(count for _, count in counts.most_common(_NAMED))
    return f"{LIMITED_BY} {', '.join([*parts, *([f'others ({others})'] if others else [])])}"


def _cause(limit: Bottleneck) -> str:
    role = printable(limit.role, most=_LONGEST) if limit.role else "a process"
    return {
        Kind.THREAD: f"a thread of {role}",
        Kind.CPU: "the cores",
        Kind.NETWORK: "the network",
        Kind.GC: f"the garbage collection of {role}",
        Kind.CLIENT: "the clients",
        Kind.STEAL: "the host of a virtual machine, which takes cores away",
        Kind.NONE: "too small a load",
        None: "nothing that is known",
    }[limit.kind]


def _percent(share: float | None) -> str:
    return f"{share or 0.0:.0%}"
