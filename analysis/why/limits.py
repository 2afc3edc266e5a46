"""What limited a configuration at its peak: the verdicts of its trials, where they have any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace

from fpray.report.limits import in_brief
from fpray.store.bottleneck import PREFIX, Bottleneck, Kind, bottleneck_of
from fpray_analysis.choice import Row
from fpray_analysis.figures.series import Point


@dataclass(frozen=True)
class Limit:
    """What limited the trials of a point.

    Attributes:
        verdict: of most repeats, with the mean of their shares; None if the repeats do not agree.
    """

    verdict: Bottleneck | None

    @property
    def is_load(self) -> bool:
        """Whether more load, or more clients, would have given more."""
        return self.verdict is not None and self.verdict.kind in (Kind.CLIENT, Kind.NONE)

    @property
    def role(self) -> str:
        """The role that limited; empty if there is none, or none is known."""
        return "" if self.verdict is None or self.is_load else self.verdict.role or ""

    def in_words(self) -> str:
        """`a thread of leader, 97%`."""
        return "its repeats do not agree" if self.verdict is None else in_brief(self.verdict)


def is_limit(name: str) -> bool:
    """Whether a column says what limited a trial."""
    return name.startswith(PREFIX)


def limit_of(point: Point) -> Limit | None:
    """What limited most repeats of a point; None if none of them says it."""
    verdicts = [verdict for row in point.trials if (verdict := _verdict(row)) is not None]
    if not verdicts:
        return None
    ((kind, role), count), *_ = Counter((verdict.kind, verdict.role) for verdict in verdicts).most_common(1)
    if 2 * count <= len(verdicts):
        return Limit(None)
    same = [verdict for verdict in verdicts if (verdict.kind, verdict.role) == (kind, role)]
    shares = [verdict.share for verdict in same if verdict.share is not None]
    return Limit(Bottleneck(kind, role, share=sum(shares) / len(shares) if shares else None))


def place_of_addition(limit: Limit | None, roles: Collection[str]) -> str:
    """Whether the roles that were added are the one that limited before; empty if that is not known."""
    if limit is None or limit.verdict is None or limit.is_load or not roles:
        return ""
    return "added where it was limited" if limit.role in roles else "added elsewhere"


def _verdict(row: Row) -> Bottleneck | None:
    verdict = bottleneck_of(row)
    return None if verdict is None else replace(verdict, label=None, confidence=None)
