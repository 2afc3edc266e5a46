"""What a driver does to the system while clients measure: FrankenPaxos's records and the messages that the jar reads.

All times are in ms, from the start of the driver. `RepeatedLeaderReconfiguration` has no field `acceptors` here: the
original requires it, but its drivers do not read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class DoNothing:
    """The driver does nothing."""

    message: ClassVar[str] = "do_nothing"
    name: str = "DoNothing"


@dataclass(frozen=True)
class RepeatedLeaderReconfiguration:
    """Leader 0 reconfigures to the first 2f+1 acceptors again and again."""

    message: ClassVar[str] = "repeated_leader_reconfiguration"
    delay_ms: int = 1000
    period_ms: int = 1000
    name: str = "RepeatedLeaderReconfiguration"


@dataclass(frozen=True)
class LeaderReconfiguration:
    """Reconfigurations to random acceptors, in the warm-up and later; acceptor 0 is killed and replaced."""

    message: ClassVar[str] = "leader_reconfiguration"
    reconfiguration_warmup_delay_ms: int = 10_000
    reconfiguration_warmup_period_ms: int = 100
    reconfiguration_warmup_num: int = 100
    reconfiguration_delay_ms: int = 30_000
    reconfiguration_period_ms: int = 1000
    reconfiguration_num: int = 10
    failure_delay_ms: int = 45_000
    recover_delay_ms: int = 50_000
    name: str = "LeaderReconfiguration"


@dataclass(frozen=True)
class LeaderFailure:
    """Leaders change in the warm-up; later, leader 0 is killed."""

    message: ClassVar[str] = "leader_failure"
    leader_change_warmup_delay_ms: int = 0
    leader_change_warmup_period_ms: int = 2000
    leader_change_warmup_num: int = 10
    failure_delay_ms: int = 30_000
    name: str = "LeaderFailure"


@dataclass(frozen=True)
class MatchmakerReconfiguration:
    """Reconfigurations of acceptors in the warm-up, of matchmakers later; matchmaker 2f+1 is killed and replaced."""

    message: ClassVar[str] = "matchmaker_reconfiguration"
    reconfiguration_warmup_delay_ms: int = 10_000
    reconfiguration_warmup_period_ms: int = 100
    reconfiguration_warmup_num: int = 100
    matchmaker_reconfiguration_delay_ms: int = 30_000
    matchmaker_reconfiguration_period_ms: int = 1000
    matchmaker_reconfiguration_num: int = 10
    failure_delay_ms: int = 45_000
    recover_delay_ms: int = 50_000
    reconfigure_delay_ms: int = 55_000
    name: str = "MatchmakerReconfiguration"


@dataclass(frozen=True)
class Chaos:
    """All changes in the warm-up; then leader 0, acceptor 0 and matchmaker 0 are killed, and the last two replaced."""

    message: ClassVar[str] = "chaos"
    leader_change_warmup_delay_ms: int = 5000
    leader_change_warmup_period_ms: int = 1000
    leader_change_warmup_num: int = 5
    reconfiguration_warmup_delay_ms: int = 10_000
    reconfiguration_warmup_period_ms: int = 1000
    reconfiguration_warmup_num: int = 5
    matchmaker_reconfiguration_warmup_delay_ms: int = 15_000
    matchmaker_reconfiguration_warmup_period_ms: int = 1000
    matchmaker_reconfiguration_warmup_num: int = 5
    leader_failure_delay_ms: int = 30_000
    acceptor_failure_delay_ms: int = 30_000
    matchmaker_failure_delay_ms: int = 30_000
    acceptor_recover_delay_ms: int = 40_000
    matchmaker_recover_delay_ms: int = 45_000
    name: str = "Chaos"
