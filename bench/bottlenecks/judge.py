"""Which verdicts were right, by what the throughputs say; and the figures of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.report import paragraph

GAIN = 0.2  # what the issue calls a limit: the throughput rises by more
RIGHT, RAREST = 0.95, 0.1
KINDS = ("thread", "cpu", "client", "none")  # those that can come: no link, no host and no collector is made slow
BEGIN, END = "<!-- bottlenecks: by bench.bottlenecks -->", "<!-- end of bottlenecks -->"
Line = Mapping[str, Any]


def limiting_roles(line: Line) -> list[str]:
    """The roles without the burn of which the throughput rises by more than a fifth, the most limiting one first."""
    gains = line["gains"]
    return sorted((role for role in gains if gains[role] > GAIN), key=lambda role: -gains[role])


def is_right(line: Line) -> bool:
    """Whether the verdict names a role that limits the trial; where none does, the cores or too small a load."""
    kind, role = line["verdict"]["bottleneck.kind"], line["verdict"]["bottleneck.role"]
    if roles := limiting_roles(line):
        return role in roles
    return bool(kind == ("none" if (line["more load"] or 0.0) > GAIN else "cpu"))


def names_first(line: Line) -> bool:
    """Whether the verdict names the role of which the burn costs most; true where no role limits the trial."""
    roles = limiting_roles(line)
    return not roles or bool(line["verdict"]["bottleneck.role"] == roles[0])


def rows(lines: Sequence[Line], total: int) -> Iterator[str]:
    """The table of all constructions that are through, and a line for each wrong verdict."""
    yield from ("| | figure | bound | |", "|---|---|---|---|")
    count = max(1, len(lines))
    rest = "" if len(lines) >= total else f" ({total - len(lines)} still to be done)"
    right = sum(map(is_right, lines))
    yield f"| right verdicts | {right} of {len(lines)}{rest} | {RIGHT:.0%} | {_met(right >= RIGHT * len(lines))} |"
    first = sum(map(names_first, lines))
    yield f"| of these, that name the role with the most costly burn | {first} of {len(lines)} | | |"
    kinds = Counter(line["verdict"]["bottleneck.kind"] for line in lines)
    for kind in dict.fromkeys([*KINDS, *kinds]):
        bound = f"{RAREST:.0%} | {_met(kinds[kind] >= RAREST * count)}" if kind in KINDS else " | "
        yield f"| verdict `{kind}` | {kinds[kind]} | {bound} |"
    for line in lines:
        if not is_right(line):
            gains = ", ".join(f"{role} {gain:+.0%}" for role, gain in line["gains"].items())
            verdict = " ".join(str(value) for value in line["verdict"].values())
            more = f"; more load {line['more load']:+.0%}" if line["more load"] is not None else ""
            yield f"| {line['what']} | {verdict}; without {gains}{more} | | wrong |"


def section(lines: Sequence[Line], total: int) -> str:
    """The section of docs/performance.md."""
    about = (
        "`python -m bench.bottlenecks`: random constructions on the reference jar, with `-Dfpray.burn_us` for some"
        " roles. A verdict is right if the throughput rises by more than 20 % without the burn of the role that it"
        " names. If no role is such, it is right if it is `cpu`, or `none` if four times the load gains more than 20 %."
    )
    return "\n".join(["## What limits a trial", *paragraph(about), "", *rows(lines, total)])


def _met(is_met: bool) -> str:
    return "met" if is_met else "**missed**"
