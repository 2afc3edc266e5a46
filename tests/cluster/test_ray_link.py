"""What a user reads where Ray cannot be used: all that Ray says, such as the versions that differ."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from fpray.cluster.calls import Unanswered
from fpray.cluster.ray_link import RayLink
from fpray.errors import Cause, Refused, refuse

_VERSIONS = (
    "Version mismatch: The cluster was started with:\n    Ray: 2.9.0\n    Python: 3.11.4\n"
    "This process on node 10.0.0.1 was started with:\n    Ray: 2.51.1\n    Python: 3.12.3\n"
)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Exception], list[int]]:
    """Lets each connection to Ray fail with an error; gives the attempts."""
    attempts: list[int] = []

    def let_fail(error: Exception) -> list[int]:
        def connect(*_: object) -> None:
            attempts.append(1)
            raise error

        monkeypatch.setattr(RayLink, "_connect", connect)
        return attempts

    monkeypatch.setattr("fpray.cluster.ray_link._used_by", [])
    monkeypatch.setattr("fpray.cluster.ray_link.answers", lambda _: True)
    monkeypatch.setattr("fpray.cluster.ray_link.user_directory", lambda: tmp_path)
    return let_fail


def _refusal(address: str | None) -> str:
    with pytest.raises(Refused) as refused:
        RayLink(address).start()
    return str(refused.value)


def test_a_cluster_of_another_version_is_named_with_both_versions(
    failing: Callable[[Exception], list[int]],
) -> None:
    failing(RuntimeError(_VERSIONS))
    refusal = _refusal("10.0.0.1:6379")
    assert (
        '--address 10.0.0.1:6379 cannot be used: Ray says: "Version mismatch: The cluster was started with: Ray: 2.9.0'
        ' Python: 3.11.4 This process on node 10.0.0.1 was started with: Ray: 2.51.1 Python: 3.12.3". If that names'
    ) in refusal
    assert "no Ray cluster answers" not in refusal


def test_a_process_of_fprays_that_ended_is_not_what_ray_says(failing: Callable[[Exception], list[int]]) -> None:
    failing(Unanswered("fpray's Ray process has died"))
    assert "cannot be used: fpray's Ray process has died. If" in _refusal("10.0.0.1:6379")


@pytest.mark.parametrize(
    ("error", "sentence", "attempts"),
    [
        (ConnectionError("no port is free"), 'this machine: Ray says: "no port is free". If no other cause', 2),
        (
            OSError(errno.ENOSPC, "No space left on device", "/tmp/x"),
            "this machine: /tmp/x: No space left on device. Remove files there that you do not need. Then run the",
            1,
        ),
        (refuse("/tmp/fpray-0", "is a link", Cause.OWN_DIRECTORY), "/tmp/fpray-0 is a link", 1),
    ],
)
def test_an_embedded_ray_that_does_not_start_says_why(
    error: Exception, sentence: str, attempts: int, failing: Callable[[Exception], list[int]]
) -> None:
    """A ConnectionError of Ray's is an OSError without an error number, and no trouble with a disk."""
    tries = failing(error)
    assert sentence in _refusal(None)
    assert len(tries) == attempts
