"""A machine's lock: at most one trial at a time runs on a machine, of all sweeps and of all users there."""

from __future__ import annotations

import time
from collections.abc import Sequence

from fpray.node.machine_holders import Hold, MachineHolder, Watch, forget_old_sentences

# How long a trial waits for a process that it need not trust: another user's, and one that is no sweep of fpray's.
OTHER_USER_S, NO_FPRAY_S = 900.0, 60.0


class MachineLock:
    """Keyed by network namespace: what shares ports shares a machine. The lock dies with the process that holds it."""

    def __init__(self) -> None:
        self._hold: Hold | None = None
        self._watch = Watch()
        self._since: dict[int | None, float] = {}  # user -> since when its processes have been in the way

    def acquire(self, holder: str, *, shared: bool = False) -> str | None:
        """Lock the machine, or say why it cannot be had now. Acquiring it twice is acquiring it once.

        A shared lock admits other shared ones of this user. holder: says what holds it, to this user's other sweeps.
        """
        if self._hold is not None:
            return None
        if reason := self._reason(self._watch.holders(), shared):
            return reason
        hold = Hold(holder, shared=shared)
        # Of two that come at the same time each may see the other; then both try again.
        present = self._watch.holders(but=hold.name)
        if reason := self._reason(present, shared):
            hold.end()
            return reason
        forget_old_sentences(present)
        hold.explain()
        self._hold = hold
        self._watch.end()
        return None

    def _reason(self, present: Sequence[MachineHolder], shared: bool) -> str | None:
        """Why the machine cannot be had now, beside its present holders; None if it can."""
        now = time.monotonic()
        reasons, since = [], {}
        for holder in present:
            if not (holder.ours and holder.may_be_fpray):
                since[holder.uid] = self._since.get(holder.uid, now)
                limit = OTHER_USER_S if holder.may_be_fpray else NO_FPRAY_S
                if now - since[holder.uid] < limit:
                    reasons.append(_words(holder, limit))
            elif not (shared and holder.shared):
                reasons.append(
                    f"the machine is in use by {holder.sentence() or holder.in_words()}; this trial"
                    " starts automatically when the machine is free"
                )
        self._since = since
        return reasons[0] if reasons else None

    def release(self) -> None:
        """Let other trials have the machine. May be repeated."""
        if self._hold is not None:
            self._hold.end()
            self._hold = None


def _words(holder: MachineHolder, limit: float) -> str:
    what = "" if holder.may_be_fpray else ", which is not a process of fpray,"
    return (
        f"{holder.in_words()}{what} has reserved the machine. This trial starts automatically when the machine is free;"
        f" if it is not free after {limit:.0f} s, this trial starts anyway"
    )
