"""Which Ray cluster a command attaches to when none is named."""

from __future__ import annotations

import os
import re
import socket
import threading
from concurrent.futures import Future
from pathlib import Path

import pytest

from fpray.cluster import ray_address
from fpray.cluster.ray_link import RayLink
from fpray.cluster.ray_process.process import RayProcess
from fpray.errors import Refused
from tests.support.other_user import as_other_user, needs_root
from tests.support.patience import LONG

NO_ADDRESSES = [
    "1.2.3.4:0",
    "1.2.3.4:99999",
    "h:+5",
    "h:1e3",
    "h:\u0663",
    "10.0.0.5:",
    ":6379",
    "h:1:2",
    "[::1:1",
    "a b:1",
]


@pytest.fixture
def current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which `ray start` writes the address of this machine's cluster."""
    path = tmp_path / "ray_current_cluster"
    monkeypatch.setattr(ray_address, "_CURRENT_CLUSTER", path)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    return path


def test_the_cluster_of_this_machine_is_attached_to(current: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as head:
        current.write_text(f"127.0.0.1:{head.getsockname()[1]}\n")
        assert ray_address.wanted_address(None, False) == current.read_text().strip()
        assert ray_address.wanted_address(None, True) is None
        assert ray_address.wanted_address("local", False) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_a_file_of_another_user_names_no_cluster(current: Path) -> None:
    """G5: its Ray could run anything in our name."""
    with socket.create_server(("127.0.0.1", 0)) as head:
        current.write_text(f"127.0.0.1:{head.getsockname()[1]}\n")
        os.chown(current, 65534, 65534)
        assert ray_address.wanted_address(None, False) is None


def test_without_a_cluster_an_embedded_ray_is_started(current: Path) -> None:
    assert ray_address.wanted_address(None, False) is None
    current.write_text("127.0.0.1:1\n")
    assert ray_address.wanted_address(None, False) is None
    assert ray_address.wanted_address("10.0.0.1:6379", False) == "10.0.0.1:6379"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://10.0.0.5:8265", "is not the address of a head node of Ray: write"),
        ("ray://10.0.0.5:10001", "is an address of Ray Client"),
        ("no-such-host.invalid:6379", "finds no IP address for the name no-such-host.invalid. Correct the name"),
        ("127.0.0.1:1", "nothing listens on this port"),
        ("[::1]:1", "nothing listens on this port"),
        *((text, "is not the address of a head node of Ray: write") for text in NO_ADDRESSES),
    ],
)
def test_an_address_at_which_no_head_can_be_is_refused_in_a_sentence(address: str, sentence: str) -> None:
    """E7: the text ended in `To fix this, either:`."""
    with pytest.raises(Refused, match=re.escape(sentence)):
        RayLink(address).start()


@pytest.mark.timeout(LONG)
def test_a_pipe_of_that_name_is_not_waited_for(current: Path) -> None:
    """Any user can make one there; each command would hang."""
    os.mkfifo(current)
    assert ray_address.wanted_address(None, False) is None


NAMED = """
import ctypes, sys
libc = ctypes.CDLL(None)
libc.prctl(15, sys.argv[1].encode(), 0, 0, 0)
libc.prctl(4, 0, 0, 0, 0)  # no core dumps: from now on the kernel gives its files in /proc to root
print("named", flush=True)
sys.stdin.read()
"""


@needs_root
def test_a_link_to_what_is_roots_names_no_cluster(current: Path) -> None:
    """G5: another user chooses the content of /proc/PID/comm, and it is root's file."""
    with socket.create_server(("127.0.0.1", 0)) as head:
        address = f"127.0.0.1:{head.getsockname()[1]}"
        process = as_other_user(NAMED, address)
        assert process.stdout is not None
        try:
            process.stdout.readline()
            name = Path(f"/proc/{process.pid}/comm")
            assert (name.read_text().strip(), name.stat().st_uid) == (address[:15], 0)
            current.symlink_to(name)
            assert ray_address.wanted_address(None, False) is None
        finally:
            process.communicate()


def test_a_link_in_place_of_its_directory_names_no_cluster(current: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (link := current.with_name("ray")).symlink_to(current.parent)
    monkeypatch.setattr(ray_address, "_CURRENT_CLUSTER", link / current.name)
    with socket.create_server(("127.0.0.1", 0)) as head:
        current.write_text(f"127.0.0.1:{head.getsockname()[1]}\n")
        assert ray_address.wanted_address(None, False) is None


@pytest.mark.heavy
def test_a_head_that_goes_away_while_ray_connects_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """H5: Ray tries for minutes to reach it."""
    monkeypatch.setattr("fpray.cluster.ray_link._LOOK_S", 0.05)
    monkeypatch.setattr("fpray.cluster.head_loss._TRIES", 1)
    monkeypatch.setattr(RayProcess, "spawn", lambda _self, _environment: None)
    with socket.create_server(("127.0.0.1", 0)) as head:
        address = f"127.0.0.1:{head.getsockname()[1]}"

        def ask(_self: RayProcess, _request: str, *_arguments: object) -> Future[object]:
            threading.Timer(0.2, head.close).start()
            return Future()

        monkeypatch.setattr(RayProcess, "ask", ask)
        with pytest.raises(Refused, match="the head node of this Ray cluster went away while fpray connected to it"):
            RayLink(address).start()
