"""Generated files: cluster files, launcher configurations, and each JSON file of a suite, through the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fpray.errors import Refused
from fpray.searching.figures.history import read_history
from fpray.store.suite import Suite
from tests.conftest import cli
from tests.fuzz import rules
from tests.fuzz.mutation import DIGITS, json_bytes, mutated
from tests.fuzz.tally import CASE, count, judge

(RECORDED,) = (path for path in (Path(__file__).parents[1] / "recorded/suites/search").iterdir() if path.is_dir())
CLUSTERS = (
    {"1": {"server": ["10.0.0.1"], "clients": ["10.0.0.2", "node-3"]}, "regions": {"us-east-1": ["10.0.0.1"]}},
    {"server": ["localhost"], "clients": ["node.example.org"]},
)
LAUNCHERS: tuple[Any, ...] = (
    {
        "provider": {"type": "local", "head_ip": "10.0.0.1", "worker_ips": ["10.0.0.2"],
                     "fpray_pools": {"clients": ["10.0.0.2"]}},
        "auth": {"ssh_user": "me"}, "head_start_ray_commands": ["ray start --head --port=6379"], "docker": {},
    },
    {
        "provider": {"type": "aws"}, "head_node_type": "a", "max_workers": 2,
        "available_node_types": {"a": {"labels": {"fpray/pool": "driver"}, "resources": {"CPU": 1}},
                                 "b": {"min_workers": 2, "max_workers": 2}},
    },
)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for generated files, and a suite in it."""
    directory = tmp_path_factory.mktemp("fuzz")
    shutil.copytree(RECORDED, directory / "suites" / RECORDED.name)
    return directory


@given(data=st.sampled_from(CLUSTERS).flatmap(json_bytes))
@CASE
def test_cluster_files(data: bytes, place: Path) -> None:
    file = place / "c.json"
    file.write_bytes(data)
    done = cli("plan", "unreplicated", "--cluster", str(file))
    judge("cluster file", done, must_refuse=rules.cluster(data), case=lambda: data)


@given(content=st.sampled_from(LAUNCHERS).flatmap(mutated), cut=st.integers(0, 30))
@CASE
def test_launcher_files(content: Any, cut: int, place: Path) -> None:
    file = place / "c.yaml"
    text = yaml.safe_dump(content, allow_unicode=False).replace(f"'{DIGITS}'", "1" * 5000)
    file.write_bytes(text.encode(errors="surrogatepass")[: len(text) - (20 if cut == 0 else 0)])
    done = cli("plan", "unreplicated", "--cluster", str(file))
    judge("launcher file", done, must_refuse=cut > 0 and rules.launcher(content), case=lambda: text)


FILES: dict[str, tuple[Callable[[bytes], bool], tuple[str, ...]]] = {
    "suite.json": (rules.suite, ("show", "{suite}")),
    "001/trial.json": (rules.trial, ("show", "{suite}")),
    "001/outcome.json": (rules.outcome, ("show", "{suite}")),
    "001/plan.json": (rules.plan, ("show", "{suite}/001")),
    "progress.json": (rules.progress, ("status", "-s", "{root}")),
    "answer.json": (rules.answer, ("show", "{suite}")),
}


@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
@CASE
def test_files_of_a_suite(name: str, data: st.DataObject, place: Path) -> None:
    suite = place / "suites" / RECORDED.name
    valid = json.loads((RECORDED / name).read_text())
    content = data.draw(json_bytes(valid))
    must_refuse, command = FILES[name]
    (suite / name).write_bytes(content)
    try:
        done = cli(*(word.format(suite=suite, root=suite.parent) for word in command))
        if name != "suite.json":  # its protocol may be of a name that there is not
            cli_again = cli("status", "-s", str(suite.parent), "--json")
            assert cli_again.exit_code == 0, cli_again.output
    finally:
        shutil.copyfile(RECORDED / name, suite / name)
    judge(name.removeprefix("001/"), done, must_refuse=must_refuse(content), case=lambda: content)


@given(content=json_bytes(json.loads((RECORDED / "points.json").read_text())))
@CASE
def test_points_of_a_search(content: bytes, place: Path) -> None:
    suite = place / "suites" / RECORDED.name
    (suite / "points.json").write_bytes(content)
    message = ""
    try:
        read_history(Suite(suite))
    except Refused as refused:
        message = str(refused)
    finally:
        shutil.copyfile(RECORDED / "points.json", suite / "points.json")
    count("points.json", bool(message), message, must_refuse=rules.points(content), text=repr(content)[:2000])
