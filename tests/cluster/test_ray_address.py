"""Which Ray cluster a command attaches to when none is named."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

import pytest

from fpray.cluster import ray_address
from fpray.cluster.ray_link import RayLink
from fpray.errors import Refused


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
        ("no-such-host.invalid:6379", "the name no-such-host.invalid has no address here"),
        ("127.0.0.1:1", "nothing listens on this port"),
    ],
)
def test_an_address_at_which_no_head_can_be_is_refused_in_a_sentence(address: str, sentence: str) -> None:
    """E7: the text ended in `To fix this, either:`."""
    with pytest.raises(Refused, match=re.escape(sentence)):
        RayLink(address).start()
