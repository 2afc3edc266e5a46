"""What listens while a sweep runs: nothing that another machine reaches, and nothing that another user can use."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.conftest import start
from tests.driver.held import PATIENT, hold_clients, release
from tests.support.patience import LONG
from tests.support.processes import Seen, below, jvms, name_of

LOOPBACK = re.compile(r"(::ffff:)?127\.\d+\.\d+\.\d+|::1")


def sweep_that_measures(directory: Path, env: dict[str, str]) -> Iterator[Seen]:
    """The process of a sweep on an embedded Ray, while its client measures."""
    words = ["sweep", "unreplicated", *PATIENT, "--vary", "num_clients_per_proc=0", "--local"]
    process = start(*words, cwd=directory, env=env)
    clients = hold_clients(directory)
    try:
        yield Seen(process.pid)
    finally:
        release(clients)
        _, messages = process.communicate(timeout=LONG)
    assert process.returncode == 0, messages


def listeners(process: Seen, directory: Path) -> dict[tuple[str, int], str]:
    """Address and port -> the name of the process, of a sweep, all below it, and the JVMs in a directory."""
    names = {child.pid: name_of(child) for child in (process, *below(process.pid))}
    names |= {jvm.pid: "java" for jvm in jvms(str(directory))}
    return {
        (connection.laddr[0], connection.laddr[1]): names[connection.pid]
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.pid in names and connection.laddr
    }


@pytest.mark.ray
@pytest.mark.jvm
@pytest.mark.slow
def test_no_other_machine_reaches_a_sweep_on_this_machine(tmp_path: Path) -> None:
    """G6: the embedded Ray's gcs, raylet and workers, and the servers of the trial, are on 127.0.0.1."""
    for process in sweep_that_measures(tmp_path, {}):
        names = listeners(process, tmp_path)
        assert {"gcs_server", "raylet", "java"} <= set(names.values())
        assert not {"ray::DashboardA", "ray::RuntimeEnv"} & set(names.values()), "nothing asks Ray's agents"
        assert [f"{name} on {ip}:{port}" for (ip, port), name in names.items() if not LOOPBACK.fullmatch(ip)] == []
        _refuse_without_token(next(port for (_, port), name in names.items() if name == "gcs_server"))


def _refuse_without_token(port: int) -> None:
    """Another Ray program of this machine, without the token, is not served."""
    code = (
        "import sys, ray\n"
        "try: ray.init(address=sys.argv[1], log_to_driver=False, logging_level='ERROR')\n"
        "except BaseException as error: print('refused', type(error).__name__)\n"
        "else: print('served')\n"
    )
    command = ["timeout", "25", sys.executable, "-c", code, f"127.0.0.1:{port}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "served" not in done.stdout
