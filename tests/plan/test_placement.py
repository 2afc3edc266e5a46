"""A placement with the ports that a machine has free, in place of FrankenPaxos's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fpray.plan.cluster import Cluster
from fpray.plan.command_line import Paths
from fpray.plan.placement import place
from fpray.plan.plan import Trial, build_plan, plan_placed
from fpray.protocol.role import Endpoint
from fpray.study.registry import find_protocol


def _trial(protocol: str) -> Trial[Any]:
    declaration = find_protocol(protocol)
    return Trial(declaration, declaration.params())


@pytest.mark.parametrize("protocol", ["unreplicated", "multipaxos", "epaxos", "craq"])
def test_other_ports_change_nothing_else_of_a_plan(protocol: str) -> None:
    trial, cluster = _trial(protocol), Cluster(("a", "b", "c"))
    before = build_plan(trial, cluster)
    placement = place(trial.protocol, trial.params, cluster)
    counts = placement.port_counts()
    assert sum(counts.values()) == sum(len(process.endpoints) for process in before.processes)
    ports = {host: range(20_000, 20_000 + 7 * count, 7) for host, count in counts.items()}
    after = plan_placed(trial, placement.with_ports(ports), Paths())
    assert [(p.label, p.host, list(p.endpoints)) for p in after.processes] == [
        (p.label, p.host, list(p.endpoints)) for p in before.processes
    ]
    for host, numbers in ports.items():
        ports_of_host = [port for p in after.processes if p.host == host for port in p.endpoints.values()]
        assert sorted(ports_of_host) == list(numbers)


def test_what_is_wrong_in_a_declaration_is_named_with_what_to_change() -> None:
    protocol = find_protocol("unreplicated")
    server, client = protocol.roles
    with pytest.raises(TypeError, match=r"client has addressed=True, .* listens=None, .*: set listens, or remove"):
        replace(protocol, roles=(server, replace(client, listens=None)))
    with pytest.raises(TypeError, match="its params lack much_heap, which fpray or a role reads: add these fields to"):
        replace(protocol, roles=(replace(server, heap="much_heap"), client))
    same = replace(client, listens=(Endpoint("client", lambda _params, _index: [(0,)]),))
    params = replace(protocol.params(), num_client_procs=2)
    with pytest.raises(TypeError, match=r"client \(0,\) belongs to 2 processes: correct `owned` of this"):
        place(replace(protocol, roles=(server, same)), params, Cluster())
