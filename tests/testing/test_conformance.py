"""Every protocol that is installed holds the rules of `fpray.testing`; and the rules find what breaks them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from fpray.errors import Problem
from fpray.protocol.protocol import Protocol
from fpray.study.study import Study
from fpray.testing import ProtocolConformance
from fpray_protocols import REGISTRY
from fpray_protocols.unreplicated import UNREPLICATED, Params

MAINS = json.loads((Path(__file__).parents[1] / "data" / "mains.json").read_text())["mains"]

for _name, _protocol in REGISTRY.items():
    if _protocol.package and not _protocol.package.startswith("frankenpaxos."):
        continue  # its own test knows the flags of its mains
    _case = {"protocol": _protocol, "mains": MAINS, "__module__": __name__}
    globals()[f"Test_{_name}"] = type(f"Test_{_name}", (ProtocolConformance,), _case)


@dataclass(frozen=True)
class Forgetful(Params):
    """A list is no value that a frozen dataclass holds: JSON gives another back."""

    names: Any = (1, 2)


def _server(**changes: Any) -> Protocol[Any]:
    server, client = UNREPLICATED.roles
    return replace(UNREPLICATED, roles=(replace(server, **changes), client))


def _client(**changes: Any) -> Protocol[Any]:
    server, client = UNREPLICATED.roles
    return replace(UNREPLICATED, roles=(server, replace(client, **changes)))


def _nameless(_params: Params) -> Iterator[Problem]:
    yield Problem("everything", "is wrong")


def _divides(params: Params) -> Iterator[Problem]:
    if 1 / params.num_clients_per_proc > 1:
        yield Problem("num_clients_per_proc", "must be more than that")


def _reads(_params: Params) -> dict[str, dict[str, str]]:
    return {"workload.pbtxt": {"text": Path(__file__).read_text()[:10]}}


BROKEN = [
    (_client(numbered=False), "labels_and_endpoints", "two processes are called client"),
    (
        _client(flags=lambda p, at: {"workload": at.file("wrkload.pbtxt")}),
        "every_file",
        "a flag of client_0 names the file wrkload",
    ),
    (_client(flags=lambda p, at: {}), "every_file", "the file workload.pbtxt, but no process has a flag for it"),
    (
        replace(UNREPLICATED, params=Forgetful),
        "parameters_survive",
        "cannot be written as JSON and read again: [1, 2] does not fit this parameter",
    ),
    (_server(runs=lambda p, at: {"state_machin": "Noop"}), "every_flag", "--state_machin (it has --state_machine)"),
    (_server(runs=lambda p, at: {}), "every_flag", "ServerMain requires the flag --state_machine"),
    (_server(main="SrvMain"), "every_flag", "server: frankenpaxos.unreplicated.SrvMain is not in"),
    (
        _client(connect=lambda p, at: {"server_host": "127.0.0.1"}),
        "can_be_placed",
        "client_0 is passed 127.0.0.1",
    ),
    (replace(UNREPLICATED, files=_reads), "a_plan_does_no_io", "planning did open"),
    (replace(UNREPLICATED, constraints=_nameless), "satisfy_the_constraints", "the defaults: everything is wrong"),
    (
        replace(UNREPLICATED, constraints=_nameless),
        "is_in_words",
        "a Problem has about='everything': let `about` begin",
    ),
    (replace(UNREPLICATED, constraints=_divides), "is_in_words", "the constraints raise ZeroDivisionError"),
    (replace(UNREPLICATED, constraints_in_words=()), "is_in_words", "constraints_in_words is empty"),
    (replace(UNREPLICATED, constraints_in_words=("num_clints >= 1",)), "is_in_words", "names num_clints, which is no"),
]


@pytest.mark.parametrize(("broken", "rule", "sentence"), BROKEN, ids=[sentence for _, _, sentence in BROKEN])
def test_the_rules_find_what_breaks_them(broken: Protocol[Any], rule: str, sentence: str) -> None:
    case = type("Broken", (ProtocolConformance,), {"protocol": broken, "mains": MAINS})()
    (test,) = (name for name in dir(case) if rule in name)
    with pytest.raises(AssertionError) as broke:
        getattr(case, test)()
    assert sentence in str(broke.value)


def test_a_study_that_is_refused_is_found() -> None:
    wrong = Study("wrong", "unreplicated", points=({"timeout": "1s"},))
    case = type("Broken", (ProtocolConformance,), {"protocol": UNREPLICATED, "extra_studies": (wrong,)})()
    with pytest.raises(AssertionError, match="study wrong: timeout is shorter than duration"):
        case.test_defaults_and_studies_satisfy_the_constraints()


def test_without_facts_the_flags_are_skipped_in_a_sentence() -> None:
    case = type("Unknown", (ProtocolConformance,), {"protocol": UNREPLICATED})()
    with pytest.raises(pytest.skip.Exception, match="flags of the main classes of unreplicated are not known"):
        case.test_every_flag_exists_and_no_required_one_is_missing()
