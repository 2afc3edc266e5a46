"""What the plans of all protocols have in common: the order of starting, ports, machines, units of options."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import pytest

from fpray.plan.cluster import Cluster
from fpray.plan.plan import build_plan
from fpray.protocol.flags import Milliseconds, option_flags, to_words
from fpray.protocol.values import seconds
from fpray.study.registry import find_protocol, find_study
from tests.protocol.test_protocols import NAMES, flags_of, trials_of


@dataclass(frozen=True)
class _Timers:
    resend_period: Milliseconds = seconds(1.5)
    ping_period_ms: float = 250.0
    flush_period: timedelta = seconds(0.00025)


def test_options_have_the_units_of_the_original() -> None:
    flags = option_flags("options", _Timers())
    assert list(to_words(flags)) == [
        "--options.resendPeriod", "1500.0ms", "--options.pingPeriod", "250.0ms", "--options.flushPeriod", "0.00025s",
    ]  # fmt: skip


# In FrankenPaxos, leaders of these protocols send a message once, when they start, so processes that start later miss
# it. All other protocols work in any order.
LEADERS_LAST = ("multipaxos", "mencius", "scalog", "matchmakermultipaxos", "horizontal", "fastmultipaxos")


@pytest.mark.parametrize("name", sorted(set(LEADERS_LAST) & set(NAMES)))
def test_leaders_start_when_all_others_listen(name: str) -> None:
    servers = [p for p in build_plan(trials_of(name)[-1], Cluster()).processes if p.kind == "server"]
    first_leader = min(p.stage for p in servers if p.role == "leader")
    assert all(p.stage < first_leader for p in servers if p.role != "leader")


@pytest.mark.parametrize("name", NAMES)
def test_clients_start_after_servers_and_drivers_after_clients(name: str) -> None:
    stages: dict[str, list[int]] = {}
    for process in build_plan(trials_of(name)[-1], Cluster()).processes:
        stages.setdefault(process.kind, []).append(process.stage)
    assert max(stages["server"]) < min(stages["client"])
    assert max(stages["client"]) < min(stages.get("driver", [math.inf]))


@pytest.mark.parametrize("name", NAMES)
def test_monitored_processes_get_the_port_beside_their_own(name: str) -> None:
    protocol = find_protocol(name)
    trial = find_study(protocol, "smoke").trials(protocol, {}, {"monitored": True}, None)[0][0]
    for process in build_plan(trial, Cluster()).processes:
        if process.kind != "driver":
            assert flags_of(process.argv)["--prometheus_port"] == str(process.port + 1)


def test_a_cluster_file_deals_machines_round_robin() -> None:
    pools = {"1": {"clients": ("10.0.0.1", "10.0.0.2"), "server": ("10.0.0.9",)}}
    plan = build_plan(trials_of("unreplicated")[2], Cluster(pools=pools))
    assert [(p.label, p.host) for p in plan.processes] == [
        ("server", "10.0.0.9"),
        ("client_0", "10.0.0.1"),
        ("client_1", "10.0.0.2"),
        ("client_2", "10.0.0.1"),
    ]
    assert "--server_host 10.0.0.9" in " ".join(plan.processes[1].argv)
