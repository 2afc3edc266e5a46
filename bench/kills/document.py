"""The figures of all kills that are through, as tables and as a section of docs/performance.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from bench.kills.case import ORDER, PHASES, SIGNALS, VICTIMS
from bench.kills.judge import KINDS
from bench.report import paragraph

BEGIN, END = "<!-- kills: by bench.kills -->", "<!-- end of kills -->"
_MEANING = {
    "JVMs alive": "JVMs alive 10 s after a kill (where a supervisor was stopped: 10 s after the next command began)",
    "trials": "finished trials lost, changed or run twice; suites that did not end with each trial once",
    "endings": "endings without a sentence or with a wrong exit code, tracebacks",
    "Ray left": "processes of Ray and fpray 10 s after the end of the command",
}
Through = Mapping[int, Mapping[str, Any]]


def table(results: Through, kills: int) -> Iterator[str]:
    """All figures as Markdown."""
    hits = [line for line in results.values() if line["victim_pid"]]
    wrong = Counter(kind for line in results.values() for kind in {kind for kind, _ in line["violations"]})
    times = [line["took_s"] for line in hits] or [0.0]
    yield "| | figure | bound | |"
    yield "|---|---|---|---|"
    yield f"| kills | {len(hits):,} of {kills:,} | | |"
    for kind in KINDS:
        met = "met" if not wrong[kind] else "**missed**"
        yield f"| {_MEANING[kind]} | {wrong[kind]} | 0 | {met} |"
    median, most = np.median(times), max(times)
    took = f"{median:.1f} s (at most {most:.1f} s; {sum(times) / 3600:.2f} h in all)"
    yield f"| a kill, and what follows until the next (median) | {took} | | |"
    missed = len(results) - len(hits)
    if missed:
        yield f"| moments at which there was no such process any more | {missed} | | |"
    yield ""
    yield from _counts(hits, "hit_phase", (*ORDER, "between trials"))
    yield ""
    yield from _counts(hits, "signal", SIGNALS)
    yield ""
    wrong_ones = [(line, violation) for _, line in sorted(results.items()) for violation in line["violations"]]
    if wrong_ones:
        yield from ("| kill | of | by | in | what was wrong |", "|---|---|---|---|---|")
    for line, (kind, text) in wrong_ones:
        cells = (line["number"], line["victim"], line["signal"], line.get("hit_phase", ""), f"{kind}: {text[:300]}")
        yield f"| {' | '.join(' '.join(str(cell).replace('|', '/').split()) for cell in cells)} |"


def _counts(hits: list[Mapping[str, Any]], column: str, names: Sequence[str]) -> Iterator[str]:
    count = Counter((line["victim"], line[column]) for line in hits)
    yield f"| killed | {' | '.join(names)} | in all |"
    yield f"|---|{'---|' * (len(names) + 1)}"
    for victim in VICTIMS:
        row = [count[victim, name] for name in names]
        yield f"| {victim} | {' | '.join(map(str, row))} | {sum(row)} |"
    sums = [sum(count[victim, name] for victim in VICTIMS) for name in names]
    yield f"| in all | {' | '.join(map(str, sums))} | {sum(sums)} |"


def section(results: Through, kills: int, seed: int) -> str:
    """The section of docs/performance.md."""
    hits = [line for line in results.values() if line["victim_pid"]]
    of_jvms = sum(line["hit_phase"] in PHASES and PHASES[line["hit_phase"]].of_jvms for line in hits)
    share = 100 * of_jvms / max(1, len(hits))
    rest = "" if len(results) >= kills else f" The other {kills - len(results):,} are still to be done."
    about = (
        f"`make bench-kills`: {len(hits):,} of {kills:,} random kills (seed {seed}), one in each run of the same"
        " command, until its suite of short trials is done. INT, TERM and HUP are sent once or twice, STOP is followed"
        " by CONT after 0.1 to 4 s. While a supervisor of JVMs is stopped, its driver or its actor is"
        " killed in four of five cases. INT, TERM and HUP go to every victim: `kill` on the command line can hit any"
        f" process. {share:.0f} % of the kills fell into a phase of the JVMs.{rest}"
    )
    return "\n".join(["## Kills", *paragraph(about), "", *table(results, kills)])
