"""A driver that runs as a job of Ray's: what its server says is foreign text, and its silence is no traceback."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fpray.cluster import jobs
from fpray.cluster.jobs import Job
from fpray.errors import FprayError


class Client:
    """A job server that answers these, one after the other."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)

    def get_job_info(self, _name: str) -> Any:
        """The next answer."""
        if isinstance(answer := self._answers.pop(0), Exception):
            raise answer
        status, code, message = answer
        return SimpleNamespace(
            status=SimpleNamespace(is_terminal=lambda: status), driver_exit_code=code, message=message
        )


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock says."""
    clock = [100.0]
    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    return clock


def test_a_server_that_is_silent_for_a_while_ends_nothing(tmp_path: Path, now: list[float]) -> None:
    job = Job(
        Client(RuntimeError("500"), ConnectionError(), (False, None, ""), OSError(), (True, 3, "")),
        "j",
        tmp_path / "output",
    )
    codes = []
    for now[0] in (100.0, 150.0, 155.0, 212.0, 213.0):
        codes.append(job.poll())
    assert codes == [None, None, None, None, 3]


def test_one_that_stays_silent_is_a_sentence(tmp_path: Path, now: list[float]) -> None:
    job = Job(Client(RuntimeError("500"), RuntimeError("500")), "j", tmp_path / "output")
    assert job.poll() is None
    now[0] += 61
    with pytest.raises(
        FprayError, match=r"Ray has given no answer about its job j, .* for 60 s; the last error: \"500"
    ):
        job.poll()


def test_what_it_says_has_no_effect_on_the_terminal(
    tmp_path: Path, now: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    """G4."""
    assert now
    (tmp_path / "output").write_bytes(b"a\x1b[2Jb\n")
    assert Job(Client((True, None, "died \x1b]0;title\x07")), "j", tmp_path / "output").poll() == 1
    error = capsys.readouterr().err
    assert "\x1b" not in error
    assert "a\\x1b[2Jb\n" in error
    assert "died \\x1b]0;title\\x07" in error
