"""`suite.json` of today's version and of earlier ones: what is read, what is written, and what stays as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fpray.errors import FprayError
from fpray.store.suite_record import JarRecord, SuiteRecord

JAR: JarRecord = {"name": "reference", "path": "/r.jar", "sha256": "0" * 64, "version": "1"}
NEWEST: dict[str, Any] = {
    "schema": 1,
    "key": "k",
    "protocol": "unreplicated",
    "study": "default",
    "points": [{"protocol": "unreplicated"}],
    "jar": JAR,
    "place": {"server": "apart"},
    "java": "java",
    "jvm_args": {"server": ["-Xint"]},
    "flags": {},
    "provenance": {"command": "fpray sweep unreplicated"},
    "runs": [{"started": "now", "machines": {"a": {"cores": 2}}}],
    "kind": "search",
    "search": {"goals": ["maximize x"]},
    "ended": "",
    "order": {"kind": "grid", "seed": 0},
    "planned": 3,
}


def _record(tmp_path: Path, content: Any) -> SuiteRecord:
    (tmp_path / "suite.json").write_text(json.dumps(content))
    return SuiteRecord.read(tmp_path / "suite.json")


def test_what_is_read_is_written_in_the_same_order(tmp_path: Path) -> None:
    record = _record(tmp_path, NEWEST)
    record.write(tmp_path / "again.json")
    assert list(json.loads((tmp_path / "again.json").read_text()).items()) == list(NEWEST.items())
    assert (record.protocol, record.planned, record.last_run["started"]) == ("unreplicated", 3, "now")
    assert record.of_others["search"] == NEWEST["search"]


def test_a_new_suite_has_the_entries_that_every_suite_has() -> None:
    content = SuiteRecord(protocol="craq", points=[], jar=JAR, settings={"java": "java", "jvm_args": {}}).to_json()
    assert list(content) == [
        "schema", "protocol", "study", "points", "jar", "java", "jvm_args", "provenance", "runs", "kind",
        "planned",
    ]  # fmt: skip
    assert content["kind"] == "sweep"
    content = SuiteRecord(protocol="craq", points=[], jar=JAR, of_source={"ended": ""}).to_json()
    assert list(content)[-3:] == ["kind", "ended", "planned"]


def test_entries_of_another_version_are_kept(tmp_path: Path) -> None:
    record = _record(tmp_path, {"later": [1], **NEWEST, "color": "blue"})
    record.planned = 4
    record.settings["place"] = {}
    content = record.to_json()
    assert (content["later"], content["color"], content["planned"], content["place"]) == ([1], "blue", 4, {})


def test_the_first_version_had_little(tmp_path: Path) -> None:
    record = _record(
        tmp_path, {"schema": 1, "protocol": "craq", "points": [], "jar": {"name": "my.jar"}, "order": None}
    )
    assert (record.study, record.kind, record.of_others, record.order, record.runs) == ("", "sweep", {}, None, [])
    assert record.last_run == {}
    assert record.settings == {}


@pytest.mark.parametrize("content", [None, [], {}, {"protocol": "craq", "points": []}])
def test_a_damaged_one_is_named(tmp_path: Path, content: Any) -> None:
    with pytest.raises(FprayError, match=r"suite\.json +is damaged"):
        _record(tmp_path, content)


@pytest.mark.parametrize(
    "wrong",
    [
        {"provenance": {"command": ["fpray"]}},
        {"provenance": {"jar": {"sha256": 5}}},
        {"runs": [{"machines": {"a": {"cores": "two"}}}]},
        {"runs": [{"machines": {"a": {"left_behind": 1}}}]},
    ],
)
def test_facts_of_another_type_are_named(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(FprayError, match=r"suite\.json +is damaged: (runs|provenance)"):
        _record(tmp_path, NEWEST | wrong)


def test_facts_of_a_newer_version_are_kept(tmp_path: Path) -> None:
    run = {"started": "now", "machines": {"a": {"cores": 2, "governor": None, "fans": 3}}, "weather": "fine"}
    content = NEWEST | {"runs": [run], "provenance": {"command": "fpray", "checkout": None, "moon": "full"}}
    assert _record(tmp_path, content).to_json() == content
