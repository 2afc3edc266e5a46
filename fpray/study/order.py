"""In which order trials run: round by round over the points; in a round at random, as listed, or large ones first."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fpray.plan.estimate import planned_seconds, process_count
from fpray.plan.plan import Trial
from fpray.store.suite_record import OrderRecord

ORDERS = ("random", "grid", "largest-first")


@dataclass(frozen=True)
class Order:
    """A way to order trials; `suite.json` keeps it, so that a suite is continued in the order that it began in.

    Attributes:
        kind: one of `ORDERS`.
        seed: what chance is drawn from; a trial's place does not depend on what other trials there are.
    """

    kind: str
    seed: int = 0

    @staticmethod
    def decide(request: str | None, record: OrderRecord | None, *, several_machines: bool) -> Order:
        """The order that is asked for, else the suite's own, else what suits the machines.

        On several machines, that is at random: whatever drifts there (neighbours, heat, the machine that a trial gets)
        then falls on all points alike. On one machine, a laptop's, people watch the grid go by.
        """
        before = Order(record["kind"], record["seed"]) if record else None
        kind = request or (before.kind if before else "random" if several_machines else "grid")
        return before if before and before.kind == kind else Order(kind, secrets.randbelow(2**31))

    def to_json(self) -> OrderRecord:
        """What `suite.json` keeps."""
        return {"kind": self.kind, "seed": self.seed}

    def arranged(self, trials: Sequence[Trial[Any]]) -> list[Trial[Any]]:
        """The trials, each point once before any point runs again."""
        place = {"random": self._chance, "largest-first": _smallness}.get(self.kind, _as_listed)
        return sorted(trials, key=lambda trial: (trial.repeat, place(trial)))

    def words(self) -> str:
        """The order in words; "" for the order of the grid."""
        return {"random": f"in random order (seed {self.seed})", "largest-first": "largest first"}.get(self.kind, "")

    def _chance(self, trial: Trial[Any]) -> Any:
        return hashlib.sha256(f"{self.seed} {trial.id}".encode()).digest()


def _as_listed(_trial: Trial[Any]) -> Any:
    return 0


def _smallness(trial: Trial[Any]) -> Any:
    return -process_count(trial), -planned_seconds(trial)
