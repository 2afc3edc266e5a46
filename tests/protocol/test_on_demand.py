"""Values that are made when they are looked up; and the registries of fpray's own protocols and studies, made so."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import fpray_protocols
import fpray_studies
from fpray.protocol.on_demand import OnDemand


def _counted(calls: list[str], name: str) -> Callable[[], str]:
    def make() -> str:
        calls.append(name)
        return name.upper()

    return make


def _mapping(calls: list[str], *names: str) -> OnDemand[str]:
    return OnDemand({name: _counted(calls, name) for name in names})


def test_a_value_is_made_once_and_only_when_it_is_looked_up() -> None:
    calls: list[str] = []
    values = _mapping(calls, "b", "a")
    assert list(values) == ["b", "a"]
    assert len(values) == 2
    assert "a" in values
    assert "c" not in values
    assert values.get("c") is None
    assert calls == []
    assert (values["a"], values.get("a")) == ("A", "A")
    assert calls == ["a"]
    assert dict(values) == {"a": "A", "b": "B"}
    with pytest.raises(KeyError):
        values["c"]


def test_mappings_are_merged_like_dictionaries_without_a_look_up() -> None:
    calls: list[str] = []
    mine = {"b": "of a dictionary", "d": "of a dictionary"}
    merged = OnDemand.merged(_mapping(calls, "c", "b"), mine)
    assert list(merged) == list({"c": "", "b": ""} | mine)
    assert calls == []
    assert merged["b"] == "of a dictionary"
    assert merged["c"] == "C"
    assert calls == ["c"]


def test_a_protocol_has_the_name_of_its_file() -> None:
    assert {name: protocol.name for name, protocol in fpray_protocols.REGISTRY.items()} == {
        name: name for name in fpray_protocols.NAMES
    }
    files = Path(fpray_protocols.__file__).parent.glob("*.py")
    declared = {file.stem for file in files if f"\n{file.stem.upper()} = Protocol(" in file.read_text()}
    assert declared == set(fpray_protocols.NAMES)


def test_a_study_has_the_names_of_its_folder_and_file() -> None:
    for protocol, studies in fpray_studies.REGISTRY.items():
        assert {(study.protocol, study.name) for study in studies.values()} == {(protocol, name) for name in studies}


def test_a_look_up_imports_nothing_else() -> None:
    code = (
        "import sys; from fpray.study.registry import find_protocol, find_study;"
        "find_study(find_protocol('unreplicated'), 'smoke');"
        "print([m for m in sys.modules if m.startswith(('fpray_protocols.', 'fpray_studies.'))"
        " and m.rpartition('.')[2] in ('multipaxos', 'craq', 'knee', 'eurosys_lt')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
