"""What a user chooses of a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FigureOptions:
    """What a user chooses of a figure; an empty value stands for the usual one.

    Attributes:
        kind: one of KINDS.
        baseline: the series by which others are divided.
        x, y, by: columns.
        where: column -> values that trials must have, as texts.
        labels: suite -> its name in the legend.
        log: the axes that are logarithmic: `x`, `y`.
        title: above the figure.
        width: in cm.
        paper: print size, a serif font, no title, no line below.
        profiled: whether trials that were profiled are drawn, too.
    """

    kind: str = ""
    baseline: str = ""
    x: str = ""
    y: str = ""
    by: Sequence[str] | None = None
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    log: Sequence[str] = ()
    title: str = ""
    width: float = 0.0
    paper: bool = False
    profiled: bool = False
