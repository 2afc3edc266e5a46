"""What each study takes: trials, processes, machines and planned time, as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fpray.plan.estimate import planned_seconds, process_count
from fpray.plan.words import duration_in_words
from fpray.protocol.protocol import Protocol
from fpray.study.study import Study


@dataclass(frozen=True)
class Needs:
    """What one study takes.

    Attributes:
        points: the number of different trials; each runs `repeat` times.
        processes: the most that one trial starts.
        pools: pool -> machines, one for each process: the largest number that any trial assigns to the pool.
        machines: the machines of all pools.
        regions: pool -> number of regions in which its machines must be.
        seconds: planned for all trials, with the assumptions of `fpray sweep --dry-run`.
        adaptive: whether its points are chosen while it runs; `trials` and `seconds` are upper limits then.
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
    adaptive: bool = False

    def to_json(self, adaptive: str) -> dict[str, Any]:
        """The entry of `fpray studies --json`; adaptive: the key of this fact."""
        entry = asdict(self)
        value = entry.pop("adaptive")
        return {**entry, adaptive: value}


def needs(protocol: Protocol[Any], study: Study) -> Needs:
    """What a study of a protocol takes. Its points are not checked here, but when it is run."""
    trials, _ = study.trials(protocol, {}, {}, 1)
    pools: Counter[str] = Counter()
    for trial in trials:
        counts: Counter[str] = Counter()
        for role in protocol.roles:
            counts[role.hosts_key] += role.size(trial.params)
        pools |= counts  # the larger count of each pool
    runs = study.trial_limit if study.adaptive else len(trials) * study.repeat
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
        adaptive=study.adaptive,
    )


def table(all_needs: Sequence[Needs], adaptive: str) -> Iterator[str]:
    """The lines of the table, and what its columns mean; adaptive: the command that runs such studies."""
    headings = ("protocol", "study", "trials", "processes", "machines", "time", "about")
    rows = [headings, *map(_cells, all_needs)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(headings) - 1)]
    for *cells, about in rows:
        left_cells, right = zip(cells[:2], widths[:2], strict=True), zip(cells[2:], widths[2:], strict=True)
        columns = [*(cell.ljust(width) for cell, width in left_cells), *(cell.rjust(width) for cell, width in right)]
        yield "  ".join([*columns, about]).rstrip()
    yield "processes: in the largest trial · machines: one for each process; fewer are enough if they have the memory"
    yield (
        "to run a study: fpray sweep PROTOCOL --study STUDY; where the column trials begins with <= (at most):"
        f" fpray {adaptive} PROTOCOL --study STUDY. With --dry-run, the command"
        " only prints how many trials would run and how long they would take"
    )


def _cells(study: Needs) -> tuple[str, ...]:
    trials = f"{study.points} x {study.repeat} = {study.trials}" if study.repeat > 1 else str(study.trials)
    trials = f"<= {study.trials}" if study.adaptive else trials
    regions = "".join(f" ({pool} in {count} regions)" for pool, count in study.regions.items())
    time, about = duration_in_words(study.seconds), study.about + regions
    return study.protocol, study.study, trials, str(study.processes), str(study.machines), time, about
