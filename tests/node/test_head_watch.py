"""The head of a cluster is watched, and what other users of its machine do neither ends a trial nor passes for it."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fpray.node.head_watch import Anchor, head_here
from tests.conftest import wait_for
from tests.support.other_user import as_other_user, needs_root
from tests.support.patience import LONG

# Listens on a port of its own, if it is to; then its words are those of a head.
HEAD = """
import os, socket, sys
server = socket.create_server(("127.0.0.1", 0))
port = sys.argv[1] if len(sys.argv) > 1 else str(server.getsockname()[1])
os.set_inheritable(server.fileno(), True)
print(port, flush=True)
os.execv("/bin/sh", ["/x/gcs_server", "-c", "read _", f"--gcs_server_port={port}"])
"""


def test_the_head_is_the_process_of_the_user_that_listens_there() -> None:
    command = [sys.executable, "-c", HEAD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        wait_for(lambda: head_here(f"127.0.0.1:{port}") is not None, LONG, "it bears the name of a head")
        process.communicate()
    assert head_here(f"127.0.0.1:{port}") is None


@needs_root
def test_another_user_cannot_pass_for_the_head() -> None:
    """Its end would be taken for the end of the head, and end every trial."""
    with socket.create_server(("127.0.0.1", 0)) as ours:
        port = str(ours.getsockname()[1])
        process = as_other_user(HEAD, port)
        assert process.stdout is not None
        try:
            process.stdout.readline()
            wait_for(lambda: b"gcs_server" in _words(process.pid), LONG, "it bears the name of a head")
            assert head_here(f"127.0.0.1:{port}") is None
        finally:
            process.communicate()


def _words(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.timeout(LONG)
@pytest.mark.heavy
def test_too_many_connections_end_none_of_those_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any program that reaches the anchor can make so many that no file descriptor is left."""
    monkeypatch.setattr("fpray.node.head_watch._BUSY_S", 0.01)
    anchor = Anchor.__new__(Anchor)
    anchor._listener, anchor._head = socket.create_server(("127.0.0.1", 0), backlog=100), None
    threading.Thread(target=anchor._hold, daemon=True).start()
    connect = f"[socket.create_connection({anchor._listener.getsockname()!r}) for _ in range(60)]"
    line = socket.create_connection(anchor._listener.getsockname())
    before, (soft, hard) = len(list(Path("/proc/self/fd").iterdir())), resource.getrlimit(resource.RLIMIT_NOFILE)
    code = f"import socket, sys; all_of_them = {connect}; print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as others:
        assert others.stdout is not None
        resource.setrlimit(resource.RLIMIT_NOFILE, (before + 20, hard))
        try:
            others.stdout.readline()
            line.settimeout(1)
            with pytest.raises(TimeoutError):
                line.recv(1)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        others.communicate()
    with socket.create_connection(anchor._listener.getsockname()) as later:
        later.settimeout(1)
        with pytest.raises(TimeoutError):
            later.recv(1)
