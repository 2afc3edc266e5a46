"""Which machines fail again and again: who is set aside, and in which words."""

from __future__ import annotations

from collections.abc import Collection

from fpray.store.outcome import Outcome, Reason

# So many failures for a machine's sake, with nothing that went well there in between, are no chance any more.
IN_A_ROW = 2


class FailureCounts:
    """What machines were blamed for, of this run: the same command, begun anew, takes every machine again."""

    def __init__(self) -> None:
        self._failed: dict[str, list[str]] = {}
        self._aside: set[str] = set()

    def note(self, number: str, hosts: Collection[str], outcome: Outcome) -> dict[str, str]:
        """An attempt on these machines has ended; machine -> why it is to be set aside from now on."""
        if outcome.reason is not Reason.INFRASTRUCTURE:
            for host in hosts:
                self._failed.pop(host, None)
            return {}
        worn = {}
        for host in outcome.blamed:
            said = self._failed.setdefault(host, [])
            said.append(f"{outcome.detail} (trial {number})")
            if len(said) >= IN_A_ROW and host not in self._aside:
                self._aside.add(host)
                worn[host] = f"failed {len(said)} times in a row: {'; '.join(said)}"
        return worn
