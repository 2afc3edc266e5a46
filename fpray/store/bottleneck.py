"""What limits a trial: a value, and the result columns that it is written to and read from."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

PREFIX: Final = "bottleneck."
KIND: Final = f"{PREFIX}kind"
ROLE: Final = f"{PREFIX}role"
LABEL: Final = f"{PREFIX}label"
SHARE: Final = f"{PREFIX}share"
CONFIDENCE: Final = f"{PREFIX}confidence"
# Each column with its type. A trial with samples has all of them.
COLUMNS: Final[Mapping[str, type]] = {KIND: str, ROLE: str, LABEL: str, SHARE: float, CONFIDENCE: float}


class Kind(enum.Enum):
    """What is saturated."""

    THREAD = "thread"  # one thread of a server always has work
    CPU = "cpu"  # the cores of a machine
    NETWORK = "network"  # a link of a machine
    GC = "gc"  # the garbage collector stops the threads of a process
    CLIENT = "client"  # the clients: more load needs more of them
    STEAL = "steal"  # the host of a virtual machine gives its cores to others
    NONE = "none"  # nothing: the load is too small


@dataclass(frozen=True)
class Bottleneck:
    """What limits a trial, and how sure that is.

    Attributes:
        kind: None where the samples do not say it.
        role: the one that limits, where one does; the busiest, where nothing is saturated.
        label: of the process; of `cpu`, `network` and `steal`, the machine.
        share: how full what limits is, from 0 to 1: of the time (`thread`, `client`, `gc`), of the cores or of the
            link; of `steal`, the share of the time of cores that the machine did not get.
        confidence: from 0 to 1, see `fpray.samples.limits`.
    """

    kind: Kind | None = None
    role: str | None = None
    label: str | None = None
    share: float | None = None
    confidence: float | None = None

    def columns(self) -> dict[str, str | float | None]:
        """All five result columns."""
        kind = self.kind.value if self.kind is not None else None
        return dict(zip(COLUMNS, (kind, self.role, self.label, self.share, self.confidence), strict=True))


def bottleneck_of(results: Mapping[str, Any]) -> Bottleneck | None:
    """What the results of a trial say of it; None where they say nothing that is understood."""
    try:
        kind = Kind(results.get(KIND))
    except ValueError:
        return None
    role, label = (value if isinstance(value := results.get(name), str) and value else None for name in (ROLE, LABEL))
    share, confidence = (_share(results.get(name)) for name in (SHARE, CONFIDENCE))
    return Bottleneck(kind, role, label, share, confidence)


def _share(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value <= 1 else None
