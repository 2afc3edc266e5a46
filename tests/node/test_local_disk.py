"""Which disks are a machine's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fpray.node.local_disk import on_network, own_directory, user_cache

_MOUNTS = """\
22 27 0:21 / /proc rw - proc proc rw
27 0 8:1 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 27 0:50 / /mnt/efs rw shared:2 - nfs4 fs-1:/ rw,vers=4.1
41 40 0:51 / /mnt/efs/disk rw - xfs /dev/vdb rw
42 27 0:52 / /mnt/a\\040b rw - fuse.sshfs host:/ rw
43 27 0:53 / /mnt/over rw - fuse.fuse-overlayfs fuse rw
"""


@pytest.mark.parametrize(
    ("path", "network"),
    [
        ("/mnt/efs", True), ("/mnt/efs/suites/x", True), ("/mnt/efsx", False), ("/mnt/efs/disk/x", False),
        ("/mnt/a b/c", True), ("/mnt/over/x", False), ("/nowhere", False),
    ],
)  # fmt: skip
def test_a_network_file_system_is_known_by_its_mount(path: str, network: bool) -> None:
    assert on_network(path, _MOUNTS) is network


def test_the_cache_is_where_the_environment_says_unless_that_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, path in {"/x": Path("/x"), "": Path.home() / ".cache"}.items():
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert user_cache() == path


def test_what_belongs_to_another_is_not_worked_in(tmp_path: Path) -> None:
    theirs = tmp_path / f"fpray-{os.geteuid()}"
    theirs.symlink_to("/etc")
    with pytest.raises(OSError, match="symbolic link"):
        own_directory(tmp_path)
