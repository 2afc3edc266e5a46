"""docs/instruments.md, done: its package is found by name, and its instrument joins a trial."""

from __future__ import annotations

import re
import tomllib
from concurrent.futures import Future
from pathlib import Path

import pytest

from fpray.driver.instruments import find_instruments
from fpray.plan.cluster import Cluster
from fpray.plan.command_line import Paths
from fpray.plan.plan import build_plan
from fpray.store.outcome import Status
from fpray.testing.fake_machines import FakeMachines
from fpray.trial.extension import extend_for_show
from fpray.trial.instruments import Instrument
from tests.support.trials import a_trial, run

DOCUMENT = Path(__file__).parents[2] / "docs" / "instruments.md"
_FILE = re.compile(r"^`([\w./-]+)`\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def instrument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instrument:
    """The instrument of the document, installed as pip would install it."""
    files = dict(_FILE.findall(DOCUMENT.read_text()))
    project = tomllib.loads(files["pyproject.toml"])["project"]
    package = tmp_path / "site-packages"
    metadata = package / "gc_pauses-0.1.dist-info"
    metadata.mkdir(parents=True)
    (package / "gc_pauses.py").write_text(files["gc_pauses.py"])
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: gc-pauses\nVersion: 0.1\n")
    points = project["entry-points"]["fpray.instruments"]
    lines = ["[fpray.instruments]", *(f"{name} = {value}" for name, value in points.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(package))
    (installed,) = find_instruments(["gc"])
    return installed


def test_it_extends_the_plan(instrument: Instrument) -> None:
    plan, notes = extend_for_show(
        build_plan(a_trial(), Cluster(), paths=Paths()), a_trial(), Cluster(), Paths(), [instrument]
    )
    server, client = plan.processes
    assert (notes, server.argv[1]) == ([], f"-Xlog:gc:file={server.directory}/server_gc.log")
    assert not any("_gc.log" in word for word in client.argv)


def test_its_columns_are_in_the_outcome(instrument: Instrument, tmp_path: Path) -> None:
    def wait_exit(role: str, *_: object) -> Future[None]:
        exited: Future[None] = Future()
        if role == "client":
            log = "[0.1s][info][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 23M->4M(256M) {}ms\n"
            (tmp_path / "suite" / "001" / "server_gc.log").write_text(log.format("1.250") + log.format("0.5"))
            exited.set_result(None)
        return exited

    outcome = run(tmp_path, FakeMachines(["a"], wait_exit=wait_exit), instruments=[instrument])
    assert outcome.status == Status.FINISHED
    assert (outcome.results["gc.pauses_ms"], outcome.results["gc.longest_ms"]) == (1.75, 1.25)


def test_without_logs_it_says_so(instrument: Instrument, tmp_path: Path) -> None:
    outcome = run(tmp_path, FakeMachines(["a"]), instruments=[instrument])
    assert outcome.notes == ["no server wrote a garbage collection log"]
