"""What an event loop says of itself: for how long it has had work, and that it is slow on purpose."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import stays
from tests.jvm.clients import client_flags, rows
from tests.jvm.processes import Processes, free_port, run, wait_until, wait_until_listening
from tests.jvm.unreplicated import CLIENT, SERVER, server_flags, servers, start_server
from tests.support.patience import LONG

pytestmark = pytest.mark.jvm

_LONGEST_NAME = 15  # of a thread, in Linux


def _burn(micros: object) -> str:
    return f"-Dfpray.burn_us={micros}"


def _work_ms(process: subprocess.Popen[str]) -> int:
    """What the event loop of a process has counted, in milliseconds; -1 before it runs."""
    for comm in Path(f"/proc/{process.pid}/task").glob("*/comm"):
        name = comm.read_text().rstrip("\n")
        if match := re.fullmatch(r"loop (\d+)ms", name):
            assert len(name) <= _LONGEST_NAME
            return int(match[1])
    return -1


def _slow_server(processes: Processes, micros: int) -> tuple[int, subprocess.Popen[str]]:
    port = free_port()
    server = processes.start("server", _burn(micros), SERVER, *server_flags(port))
    wait_until_listening(port, server)
    return port, server


def test_a_loop_counts_its_work_and_each_message_burns_what_was_asked_for(processes: Processes, tmp_path: Path) -> None:
    began = time.monotonic()
    port, server = _slow_server(processes, 5_000)
    client = processes.start("client", CLIENT, *client_flags(tmp_path, servers(port)))
    assert client.wait(LONG) == 0
    answers = len(rows(tmp_path))
    assert 1 <= answers <= 500 / 5 + 2  # two loops, one event loop, 0.5 s
    # The name is at most 0.1 s of work behind.
    assert 5 * answers - 100 <= _work_ms(server) <= 1000 * (time.monotonic() - began)
    assert "burns 5000 microseconds" in processes.output("server")
    assert "burns" not in processes.output("client")


def test_a_loop_that_waits_for_answers_has_no_work(processes: Processes, tmp_path: Path) -> None:
    port, server = _slow_server(processes, 20_000)
    words = client_flags(tmp_path, servers(port), warmup_duration="60s", warmup_timeout="90s")
    client = processes.start("client", CLIENT, *words)
    before = [0, 0]

    def waits() -> bool:
        """Whether the client had next to no work in the last tenths of a second, in which its server had a lot."""
        now = [_work_ms(server), _work_ms(client)]
        if min(now) < 0 or now[0] < before[0] + 200:
            return False
        of_server, of_client = now[0] - before[0], now[1] - before[1]
        before[:] = now
        return of_client < of_server / 4

    wait_until(waits, "a client that waits has no work")


def test_an_idle_loop_has_no_work(processes: Processes) -> None:
    start_server(processes)
    server = processes.by_label["server"]
    wait_until(lambda: _work_ms(server) >= 0, "the thread has the name of a loop")
    at_first = _work_ms(server)
    stays(lambda: _work_ms(server) <= at_first + 100, 0.5, "an idle loop has no work")


@pytest.mark.parametrize("value", ["many", "-1", "60000001", ""])
def test_a_burn_that_is_no_number_of_microseconds_is_refused(value: str, reference_jar: Path) -> None:
    done = run(reference_jar, _burn(value), SERVER, *server_flags(free_port()))
    assert done.returncode == 1
    assert f"{_burn(value)} must be a whole number of microseconds from 0 to 60000000." in done.stderr
