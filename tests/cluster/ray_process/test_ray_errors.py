"""What Ray raises becomes what the driver can read without Ray, and a crash of Ray becomes one line."""

from __future__ import annotations

import signal
import socket

import pytest

from fpray.cluster.calls import Unanswered
from fpray.cluster.ray_process.crash import crash_line
from fpray.cluster.ray_process.errors import without_ray
from fpray.errors import FprayError, Lost


@pytest.mark.ray
def test_the_error_of_an_actor_comes_without_what_ray_adds() -> None:
    from ray.exceptions import RayTaskError

    lost = without_ray(RayTaskError("call", "Traceback ...", Lost("/disk cannot be written", ["a"])))
    assert isinstance(lost, Lost)
    assert (str(lost), lost.hosts) == ("/disk cannot be written", ("a",))


@pytest.mark.ray
def test_an_actor_that_has_died_gives_no_answer() -> None:
    from ray.exceptions import ActorDiedError

    assert isinstance(without_ray(ActorDiedError()), Unanswered)


@pytest.mark.ray
def test_an_error_that_cannot_be_sent_is_sent_as_its_text() -> None:
    class Local(Exception):
        pass

    error = without_ray(Local("only here"))
    assert isinstance(error, FprayError)
    assert error.in_one_line() == "Local: only here"


ABORT = """\
[2026-11-28 08:00:00,123 W 4711 4711] global_state_accessor.cc:107: some warning
[2026-11-28 08:00:00,123 C 4711 4711] raylet_ipc_client.cc:45: Failed to connect to socket /tmp/x: Connection refused
*** StackTrace Information ***
/lib/ray/_raylet.so(+0x14a2) [0x7f] ray::operator<<()
"""
ERROR = "Traceback ...\nOSError: No space left on device"


@pytest.mark.parametrize(
    ("code", "output", "line"),
    [
        (-signal.SIGABRT, ABORT, "was killed by SIGABRT: Failed to connect to socket /tmp/x: Connection refused"),
        (1, ERROR, "has exited with code 1: OSError: No space left on device"),
        (
            -signal.SIGKILL,
            "",
            "was killed by SIGKILL: a user killed it, or the machine ran out of memory (sudo dmesg shows that)",
        ),
        (-99, "", "ended with -99"),
    ],
)
def test_a_crash_is_one_line(code: int, output: str, line: str) -> None:
    process = f"the process by which fpray's driver uses Ray (on the driver's machine, {socket.gethostname()})"
    assert crash_line(code, output) == f"{process} {line}"
