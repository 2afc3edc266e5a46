"""What limited a configuration at its peak: the verdicts of its trials, where they have any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from fpray_analysis.choice import Row, number_of
from fpray_analysis.figures.series import Point

_PREFIX: Final = "bottleneck."
_KIND, _ROLE, _SHARE = f"{_PREFIX}kind", f"{_PREFIX}role", f"{_PREFIX}share"
_WORDS: Final = {
    "thread": "a thread of {role}", "cpu": "the cores", "network": "the network", "gc": "garbage collection",
    "client": "the clients", "steal": "other virtual machines", "none": "nothing: the load is too small",
}  # fmt: skip
_OF_A_ROLE: Final = {"cpu": "the cores, most of all {role}", "gc": "the garbage collection of {role}"}


@dataclass(frozen=True)
class Limit:
    """What limited the trials of a point.

    Attributes:
        kind: of `bottleneck.kind`; empty if the repeats do not agree.
        role: of `bottleneck.role`; empty if there is none. Where the load is too small, it is the busiest role only.
        share: the mean of `bottleneck.share`, 0 to 1; None if there is none.
    """

    kind: str
    role: str = ""
    share: float | None = None

    @property
    def is_load(self) -> bool:
        """Whether more load, or more clients, would have given more."""
        return self.kind in ("client", "none")

    def in_words(self) -> str:
        """`a thread of leader (97 %)`."""
        if not self.kind:
            return "its repeats do not agree"
        form = _OF_A_ROLE.get(self.kind) if self.role else None
        text = (form or _WORDS.get(self.kind, self.kind)).format(role=self.role or "a role")
        return text if self.share is None or self.kind == "none" else f"{text} ({100 * self.share:.0f} %)"


def is_limit(name: str) -> bool:
    """Whether a column says what limited a trial."""
    return name.startswith(_PREFIX)


def limit_of(point: Point) -> Limit | None:
    """What limited most repeats of a point; None if none of them says it."""
    rows = [row for row in point.trials if row.get(_KIND)]
    if not rows:
        return None
    (verdict, count), *_ = Counter(map(_verdict, rows)).most_common(1)
    if 2 * count <= len(rows):
        return Limit("")
    shares = [number_of(row.get(_SHARE)) for row in rows if _verdict(row) == verdict]
    numbers = [share for share in shares if share is not None]
    return Limit(*verdict, sum(numbers) / len(numbers) if numbers else None)


def place_of_addition(limit: Limit | None, roles: Collection[str]) -> str:
    """Whether the roles that were added are the one that limited before; empty if that is not known."""
    if limit is None or not limit.kind or limit.is_load or not roles:
        return ""
    return "added where it was limited" if limit.role in roles else "added elsewhere"


def _verdict(row: Row) -> tuple[str, str]:
    return str(row[_KIND]), str(row.get(_ROLE) or "")
