"""Which disks are a machine's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fpray.node.local_disk import cache_directory, on_network, own_directory, user_cache

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


def test_a_place_that_others_could_replace_is_not_worked_in(tmp_path: Path) -> None:
    """G2: in a directory that is open to all, without the sticky bit, another user can put a link in its place."""
    (between := tmp_path / "all" / "between").mkdir(parents=True)
    (tmp_path / "all").chmod(0o777)
    with pytest.raises(OSError, match=r"other users could replace it, because .*/all has no sticky bit"):
        own_directory(between)
    (tmp_path / "all").chmod(0o1777)
    assert own_directory(between).stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to another user")
def test_a_cache_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in it is run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (theirs := tmp_path / "fpray" / "jars").mkdir(parents=True)
    os.chown(theirs, 65534, 65534)
    place = cache_directory("jars")
    assert place is not None
    assert place != theirs
    os.chown(theirs, 0, 0)
    theirs.chmod(0o777)
    assert cache_directory("jars") == theirs
    assert theirs.stat().st_mode & 0o777 == 0o700, "an own one is closed"
