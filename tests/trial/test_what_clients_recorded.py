"""Clients with rows that cannot be used: the outcome's sentence says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fpray.files.layout import data_file
from fpray.node.file_service import FileService
from fpray.recorder.csv_reader import Reading
from fpray.store.outcome import Outcome, Status
from fpray.testing.fake_machines import FakeMachines
from tests.support.trials import a_trial, run

Change = Callable[[Path], Any]


def _without_header(path: Path) -> None:
    path.write_text(path.read_text().partition("\n")[2])


def _in_milliseconds(path: Path) -> None:
    header, *rows = path.read_text().splitlines()
    path.write_text(
        "\n".join([header, *(f"{1795321397000 + i},{1795321397001 + i},1,1,write" for i in range(len(rows)))]) + "\n"
    )


def _as_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _of_label(label: str, every: int = 1) -> Change:
    def change(path: Path) -> None:
        header, *rows = path.read_text().splitlines()
        rows = [row.replace("write", label) if i % every == 0 else row for i, row in enumerate(rows)]
        path.write_text("\n".join([header, *rows]) + "\n")

    return change


def _run(directory: Path, change: Change, only: str = "", **params: Any) -> Outcome:
    """A trial in which the files of clients are changed before they are read."""

    def read_client(_role: str, _host: str, path: str, client: str) -> Reading:
        if only in (client, ""):
            change(Path(path))
        return FileService.read_client(files, path, client)

    machines = FakeMachines(["a"], read_client=read_client)
    files = object.__new__(FileService)
    return run(directory, machines, a_trial(**params))


CASES: dict[str, tuple[Change, str]] = {
    "missing": (Path.unlink, "cannot be read: No such file or directory"),
    "empty": (lambda path: path.write_text(""), "empty (0 bytes): nothing was recorded"),
    "garbage": (lambda path: path.write_bytes(b"\x00\x01" * 500), "its first line is '"),
    "without header": (_without_header, "its first line is '20"),
    "in milliseconds": (
        _in_milliseconds,
        "lines cannot be read as rows and are left out, such as line 2: '1795321397000,1795321397001,1,1,write'",
    ),
    "another header": (
        lambda path: path.write_text("a,b,c\n1,2,3\n"),
        "its first line is 'a,b,c', but must be start,stop",
    ),
    "a directory": (_as_directory, "cannot be read: Is a directory"),
    "impossible": (
        lambda path: path.write_text(path.read_text().replace(",1,", ",-1,")),
        "rows have impossible values and are left out",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_cause_is_the_outcomes_sentence(name: str, tmp_path: Path) -> None:
    """E3: a client's file that is missing, empty, garbage, without header, in milliseconds."""
    change, cause = CASES[name]
    outcome = _run(tmp_path, change)
    assert outcome.status is Status.UNSERVED
    assert outcome.detail.startswith(
        "the file of measurements of client_0 cannot be used, so the trial has no result: "
    ), outcome.detail
    assert cause in outcome.detail
    assert str(tmp_path / "suite" / "001" / data_file("client_0")) in outcome.detail
    assert not outcome.log, "a log that says nothing is not pointed at"


def test_one_of_several_clients_without_a_file_is_no_finished_trial(tmp_path: Path) -> None:
    """E3: the figures of all clients together are unknown then."""
    outcome = _run(tmp_path, Path.unlink, "client_1", num_client_procs=2)
    assert (outcome.status, outcome.label) == (Status.UNSERVED, "client_1")
    assert "No such file" in outcome.detail
    empty = _run(tmp_path / "b", lambda path: path.write_text(""), "client_1", num_client_procs=2)
    assert empty.status is Status.FINISHED
    assert "the file of measurements of client_1 cannot be used" in empty.doubts[0]


def test_a_file_that_says_that_nothing_was_answered_is_believed(tmp_path: Path) -> None:
    outcome = _run(tmp_path, lambda path: path.write_text("start,stop,count,latency_nanos,label\n"))
    assert outcome.detail == (
        "0 requests were answered in the measured time, fewer than the 2 that clients send"
        " at once: look at the logs of the servers in the directory of the trial"
    )


def test_labels_that_no_result_reports_are_no_finished_trial(tmp_path: Path) -> None:
    """E4: `put` for `write`: the results would be empty."""
    outcome = _run(tmp_path, _of_label("put"))
    assert outcome.status is Status.UNSERVED
    assert outcome.detail == (
        "none of the recorded rows counts for a result: their labels are 'put' (2000 rows), but the"
        " protocol's Python file declares 'write'. Correct the labels in the client or in that file, so that they agree"
    )


def test_rows_without_labels_of_a_protocol_with_labels_are_no_finished_trial(tmp_path: Path) -> None:
    """E4: as with the columns of another protocol's clients."""

    def change(path: Path) -> None:
        rows = [row.split(",") for row in path.read_text().splitlines()[1:]]
        lines = [",".join([start, stop, latency, "h", "1"]) for start, stop, _, latency, _ in rows]
        path.write_text("\n".join(["start,stop,latency_nanos,host,port", *lines]) + "\n")

    outcome = _run(tmp_path, change)
    assert outcome.status is Status.UNSERVED
    assert outcome.detail == (
        "none of the recorded rows counts for a result: their labels are (none) (2000 rows), but the"
        " protocol's Python file declares 'write'. Correct the labels in the client or in that file, so that they agree"
    )


def test_some_rows_with_another_label_are_a_doubt(tmp_path: Path) -> None:
    """E4: the figures are of the other rows."""
    outcome = _run(tmp_path, _of_label("put", every=4))
    assert outcome.status is Status.FINISHED
    assert outcome.doubts[0] == (
        "500 recorded rows do not count for a result: their labels are 'put' (500 rows), but the protocol's"
        " Python file declares 'write'. Correct the labels in the client or in that file, so that they agree"
    )


def test_the_line_of_a_log_that_tells_is_shown_though_noise_follows(tmp_path: Path) -> None:
    """K3: the last lines of a failed trial are five lines of debug noise; the one that matters stands above."""
    log = tmp_path / "suite" / "001" / "client_0_out.txt"
    noise = "[DEBUG] [Thread 9] received a reply\n"

    def change(path: Path) -> None:
        header, *rows = path.read_text().splitlines()
        path.write_text("\n".join([header, *rows[: len(rows) // 3]]) + "\n")
        log.write_text("[WARN] [Thread 1] the socket is slow\n" + noise * 30)

    outcome = _run(tmp_path, change)
    assert outcome.status is Status.OVERRAN
    assert outcome.lines[0] == "[WARN] [Thread 1] the socket is slow"
    assert len(outcome.lines) == 5


@pytest.mark.parametrize("count", ["1000000000", "999999999999999999", "-5"])
def test_one_row_with_a_huge_count_is_left_out_of_a_finished_trial(count: str, tmp_path: Path) -> None:
    """I2: bounded memory, the other rows' figures, and a note."""

    def change(path: Path) -> None:
        header, first, *rows = path.read_text().splitlines()
        path.write_text("\n".join([header, first.replace(",1,", f",{count},"), *rows]) + "\n")

    outcome = _run(tmp_path, change)
    assert outcome.status is Status.FINISHED
    assert outcome.results["measured.throughput"] == pytest.approx(2000, rel=0.01)
    assert outcome.results["latency.mean_ms"] == 1.0
    assert any(
        "1 rows have impossible values and are left out" in note and "line 2: " in note for note in outcome.notes
    )
