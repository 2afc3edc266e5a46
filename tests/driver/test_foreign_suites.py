"""A suite of another user is data: it makes a sweep run no code, write to no other place, and end no process."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fpray.driver.means import check_sweep
from fpray.driver.session import Backend
from fpray.driver.sweep import run_sweep
from fpray.errors import Refused
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome
from fpray.store.trial_directory import TrialDirectory
from fpray.testing.fake_machines import FakeMachines
from tests.conftest import cli
from tests.support.patience import LONG
from tests.support.suites import only_suite
from tests.support.sweeps import finished, run_on, stub_jar

pytestmark = pytest.mark.heavy

STUDY = """
from pathlib import Path
import fpray
Path({trace!r}).write_text("it ran")
STUDY = fpray.Study("mine", "unreplicated", points=[{{"num_clients_per_proc": {loops}}}])
"""


def run_finished(trial: Trial[Any], directory: TrialDirectory, _context: Any) -> Outcome:
    """Runs a trial of which nothing is run."""
    directory.begin(trial, {})
    return finished(trial, ["10.0.0.1"])


def write_study(file: Path, loops: int = 1) -> Path:
    """A study file that leaves a trace when it runs, and the file of its trace."""
    trace = file.with_suffix(".trace")
    file.write_text(STUDY.format(trace=str(trace), loops=loops))
    return trace


def sweep(directory: Path, **more: Any) -> Any:
    """A sweep on fake machines, of what `more` says."""
    return run_on(FakeMachines(["10.0.0.1"]), finished, directory, loops=1, **more)


def with_points(suite: Path, **words: Any) -> None:
    """A suite that states one more command."""
    content = json.loads((suite / "suite.json").read_text())
    content["points"].insert(0, {**content["points"][0], **words})
    (suite / "suite.json").write_text(json.dumps(content))


def test_a_study_file_that_only_the_suite_names_is_not_run(tmp_path: Path) -> None:
    """G5: neither for a suite that is named nor for one that the same command would continue."""
    sweep(tmp_path)
    suite = only_suite(tmp_path)
    trace = write_study(suite / "evil.py")
    content = (suite / "suite.json").read_text()
    with_points(suite, study=str(suite / "evil.py"))
    with pytest.raises(Refused, match=r"trials of the study file .*evil\.py, which this command does not name"):
        sweep(tmp_path, suite_directory=str(suite))
    sweep(tmp_path)
    assert not trace.exists()
    # Its hash in the suite does not help.
    record = json.loads((suite / "suite.json").read_text())
    record["study_files"] = {str(suite / "evil.py"): hashlib.sha256((suite / "evil.py").read_bytes()).hexdigest()}
    (suite / "suite.json").write_text(json.dumps(record))
    with pytest.raises(Refused, match="which this command does not name"):
        sweep(tmp_path, suite_directory=str(suite))
    with pytest.raises(Refused, match="which this command does not name"):
        sweep(tmp_path, suite_directory=str(suite), accept_change=True)
    assert not trace.exists()
    assert json.loads(content)["points"]


def test_an_own_study_file_is_continued_as_long_as_it_is_the_same(tmp_path: Path) -> None:
    """G5: the suite states the hash of what ran."""
    trace = write_study(tmp_path / "mine.py")
    mine: dict[str, Any] = {"study": str(tmp_path / "mine.py"), "vary": {}}
    sweep(tmp_path, **mine)
    suite = only_suite(tmp_path)
    assert list(json.loads((suite / "suite.json").read_text())["study_files"]) == [str(tmp_path / "mine.py")]
    assert sweep(tmp_path, **mine, suite_directory=str(suite)).exit_code == 0
    more: dict[str, Any] = {**mine, "set": {"num_client_procs": 2}, "suite_directory": str(suite)}
    assert len(sweep(tmp_path, **more).outcomes) == 2
    write_study(tmp_path / "mine.py", loops=2)
    with pytest.raises(Refused, match=r"and that file has changed since.* --accept-change.* add --new: "):
        sweep(tmp_path, **more)
    assert sweep(tmp_path, **more, accept_change=True).exit_code == 0
    assert trace.exists()


def test_the_hash_is_of_what_was_read(tmp_path: Path) -> None:
    """The file is read once, at the check: whatever becomes of it later, the suite states what ran, and runs that."""
    trace = write_study(tmp_path / "mine.py")
    sha256 = hashlib.sha256((tmp_path / "mine.py").read_bytes()).hexdigest()
    machines = Backend(lambda _address, _local: FakeMachines(["10.0.0.1"]), run_finished)
    for procs in (1, 2):
        options = {"study": tmp_path / "mine.py", "jar": stub_jar(tmp_path), "set": {"num_client_procs": procs}}
        suite = {"suite_directory": only_suite(tmp_path)} if procs == 2 else {"suite_directory": tmp_path / "suites"}
        experiment = check_sweep("unreplicated", {**options, **suite})
        trace.unlink()
        write_study(tmp_path / "mine.py", loops=2)
        assert len(run_sweep(experiment, backend=machines).outcomes) == procs
        assert not trace.exists()
        record = json.loads((only_suite(tmp_path) / "suite.json").read_text())
        assert record["study_files"] == {str(tmp_path / "mine.py"): sha256}
        write_study(tmp_path / "mine.py")


def test_an_older_suite_states_no_hash(tmp_path: Path) -> None:
    """G5: then its file is code that the user must accept."""
    write_study(tmp_path / "mine.py")
    mine: dict[str, Any] = {"study": str(tmp_path / "mine.py"), "vary": {}}
    sweep(tmp_path, **mine)
    suite = only_suite(tmp_path)
    content = json.loads((suite / "suite.json").read_text())
    del content["study_files"]
    (suite / "suite.json").write_text(json.dumps(content))
    more: dict[str, Any] = {**mine, "set": {"num_client_procs": 2}, "suite_directory": str(suite)}
    with pytest.raises(Refused, match="but does not record what was in that file then"):
        sweep(tmp_path, **more)
    assert len(sweep(tmp_path, **more, accept_change=True).outcomes) == 2


def victim(tmp_path: Path) -> Path:
    """A file of the user's, outside the suite."""
    file = tmp_path / "precious"
    file.write_text("kept\n")
    return file


@pytest.mark.parametrize(
    "name", ["suite.lock", "driver.log", "results.csv", "progress.json", "002", "001/attempts", "001/log.txt", "pipe"]
)
def test_a_suite_with_links_is_not_continued(name: str, tmp_path: Path) -> None:
    """G2, G5: a link, or a pipe, in a suite leads nowhere: nothing is followed, truncated or waited for."""
    sweep(tmp_path)
    suite, file = only_suite(tmp_path), victim(tmp_path)
    (suite / name).unlink(missing_ok=True)
    if name == "pipe":
        os.mkfifo(suite / name)
    else:
        (suite / name).symlink_to(file if "." in name else tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Refused, match=r"(?s)nothing was started.*is a link or a special file|cannot be written"):
        run_on(FakeMachines(["10.0.0.1"]), finished, tmp_path, loops=2, suite_directory=str(suite))
    assert file.read_text() == "kept\n"
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["suite.lock", "driver.log", "results.csv"])
def test_a_link_that_comes_later_is_not_followed_either(name: str, tmp_path: Path) -> None:
    """G2: what is opened to be written is opened without following links."""
    from fpray.files.atomic import append_text
    from fpray.report.driver_log import DriverLog
    from fpray.store import lock

    file = victim(tmp_path)
    (tmp_path / name).symlink_to(file)
    writers: dict[str, Callable[[], object]] = {
        "suite.lock": lambda: lock.acquire(tmp_path),
        "driver.log": lambda: DriverLog(tmp_path).append("x"),
        "results.csv": lambda: append_text(tmp_path / name, "x"),
    }
    with contextlib.suppress(Refused, OSError):
        writers[name]()
    assert file.read_text() == "kept\n"


def test_a_suite_cannot_have_a_process_ended_that_does_not_run_it(tmp_path: Path) -> None:
    """G5: `fpray stop` believes the kernel, not the words of suite.lock."""
    sweep(tmp_path)
    suite = only_suite(tmp_path)
    with subprocess.Popen(["sleep", "100"]) as other, (suite / "suite.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(f"process {other.pid} on {socket.gethostname()} since 2026-01-01 00:00:00 UTC")
        lock.flush()
        done = cli("stop", str(suite))
        assert other.poll() is None
        other.kill()
    assert done.exit_code == 2
    assert f"process {other.pid} on {socket.gethostname()} since" in done.stderr
    assert "but on this machine that process is another program" in done.stderr


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("jar", {"name": "evil.jar", "path": "/tmp/evil.jar", "sha256": "0" * 64, "version": ""}),
        ("java", "/tmp/evil-java"),
        ("jvm_args", {"server": ["-javaagent:/tmp/evil.jar"]}),
        ("flags", {"server": {"evil": "1"}}),
        ("instruments", ["evil"]),
    ],
)
def test_a_suite_chooses_neither_its_jar_nor_its_java(entry: str, value: Any, tmp_path: Path) -> None:
    """G5: what the command says is run, and a suite that states something else is not continued."""
    sweep(tmp_path)
    suite = only_suite(tmp_path)
    content = json.loads((suite / "suite.json").read_text())
    (suite / "suite.json").write_text(json.dumps({**content, entry: value}))
    with pytest.raises(Refused, match="would be in one table"):
        sweep(tmp_path, suite_directory=str(suite))
    more = {"suite_directory": str(suite), "accept_change": True, "vary": {"num_clients_per_proc": [5]}}
    assert sweep(tmp_path, **more).exit_code == 0
    assert json.loads((suite / "suite.json").read_text())[entry] != value


def test_a_suite_cannot_have_its_reader_attach_to_a_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """G5: `fpray logs` goes to no address that only the suite states: what a Ray cluster answers is code."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    sweep(tmp_path)
    suite = only_suite(tmp_path)
    plan = {
        "processes": [
            {"label": "client_0", "host": "10.9.9.9", "port": 1, "kind": "client", "directory": "/tmp/elsewhere"}
        ]
    }
    (suite / "001" / "plan.json").write_text(json.dumps(plan))
    with socket.create_server(("127.0.0.1", 0)) as cluster:
        cluster.settimeout(0.2)
        content = json.loads((suite / "suite.json").read_text())
        content["runs"][-1]["ray"] = {"address": f"127.0.0.1:{cluster.getsockname()[1]}", "version": "2.60.0"}
        (suite / "suite.json").write_text(json.dumps(content))
        done = cli("logs", f"{suite}/001", "client_0")
        with pytest.raises(TimeoutError):
            cluster.accept()
    assert done.exit_code == 2
    assert "clusters that you name. If it is your cluster, run export RAY_ADDRESS=127.0.0.1:" in done.stderr


@pytest.mark.timeout(LONG)
def test_a_sweep_that_ctrl_z_has_stopped_is_ended(tmp_path: Path) -> None:
    """A stopped process takes no TERM: `fpray stop` waited for ever."""
    sweep(tmp_path)
    suite = only_suite(tmp_path)
    code = (
        "import sys, time; from pathlib import Path; from fpray.store import lock;"
        " held = lock.acquire(Path(sys.argv[1])); print(flush=True); time.sleep(100)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(suite)], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        other.send_signal(signal.SIGSTOP)
        assert cli("stop", str(suite)).exit_code == 0
        assert other.wait() == -signal.SIGTERM
