"""What a study takes before anyone starts it: its trials, processes, machines and planned time, as a table."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fpray.plan.plan import duration_in_words, planned_seconds, process_count
from fpray.protocol.protocol import Protocol
from fpray.study.study import Search, Study


@dataclass(frozen=True)
class Needs:
    """What one study takes.

    Attributes:
        points: how many different trials; each runs `repeat` times.
        processes: the most that one trial starts.
        pools: pool -> machines for it, if each process had one: the largest number that any trial deals to the pool.
        machines: the machines of all pools.
        regions: pool -> in how many regions its machines must be.
        seconds: planned for all trials, on the same assumptions as `fpray sweep --dry-run`.
        search: whether it looks for its points: `trials` and `seconds` are what it takes at most.
    """

    protocol: str
    study: str
    points: int
    repeat: int
    trials: int
    processes: int
    machines: int
    pools: dict[str, int]
    regions: dict[str, int]
    seconds: float
    about: str
    search: bool = False

    def to_json(self) -> dict[str, Any]:
        """What `fpray studies --json` prints of it."""
        return asdict(self)


def needs(protocol: Protocol[Any], study: Study) -> Needs:
    """What a study of a protocol takes; whether its points are right is said when it is run."""
    trials, _ = study.trials(protocol, {}, {}, 1)
    pools: Counter[str] = Counter()
    for trial in trials:
        counts: Counter[str] = Counter()
        for role in protocol.roles:
            counts[role.hosts_key] += math.prod(role.dimensions(trial.params))
        pools |= counts  # the larger of both, pool by pool
    search = isinstance(study, Search)
    runs = study.budget_trials if isinstance(study, Search) else len(trials) * study.repeat
    return Needs(
        protocol=protocol.name,
        study=study.name,
        points=len(trials),
        repeat=study.repeat,
        trials=runs,
        processes=max(map(process_count, trials), default=0),
        machines=sum(pools.values()),
        pools=dict(pools),
        regions=dict(study.regions),
        seconds=runs / max(1, len(trials)) * sum(map(planned_seconds, trials)),
        about=study.about,
        search=search,
    )


def table(all_needs: Sequence[Needs]) -> Iterator[str]:
    """The table's lines, and what its columns mean."""
    headings = ("protocol", "study", "trials", "processes", "machines", "time", "about")
    rows = [headings, *map(_cells, all_needs)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(headings) - 1)]
    for *cells, about in rows:
        left, right = zip(cells[:2], widths[:2], strict=True), zip(cells[2:], widths[2:], strict=True)
        aligned = [*(cell.ljust(width) for cell, width in left), *(cell.rjust(width) for cell, width in right)]
        yield "  ".join([*aligned, about]).rstrip()
    yield "processes: the most of one trial · machines: if each process had its own; fewer do, memory allowing"
    yield (
        "fpray sweep PROTOCOL --study STUDY runs one (fpray search one that looks for its points, <= trials); with"
        " --dry-run it says what it takes on what there is"
    )


def _cells(each: Needs) -> tuple[str, ...]:
    trials = f"{each.points} x {each.repeat} = {each.trials}" if each.repeat > 1 else str(each.trials)
    trials = f"<= {each.trials}" if each.search else trials
    regions = "".join(f" ({pool} in {count} regions)" for pool, count in each.regions.items())
    time = duration_in_words(each.seconds)
    return each.protocol, each.study, trials, str(each.processes), str(each.machines), time, each.about + regions
