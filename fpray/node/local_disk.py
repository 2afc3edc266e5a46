"""Which directories of this machine are on its own disks, and where on them fpray keeps its files."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path

from fpray.files.user_directory import check_parents, closed_directory, private_directory

_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "ceph", "lustre", "gpfs", "beegfs", "afs", "9p"}
# A container's own root may be this; it is as local as what is below it.
_LOCAL_FUSE = {"fuse.fuse-overlayfs"}
_PLACES = ("/var/tmp", "/tmp")  # /tmp may be memory


def on_network(path: str | Path, mountinfo: str | None = None) -> bool:
    """Whether a path is, or would be, on a network file system; mountinfo: of /proc/self/mountinfo."""
    if mountinfo is None:
        mountinfo = Path("/proc/self/mountinfo").read_text()
    real = os.path.realpath(path)
    longest, kind = "", ""
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        mount = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), before.split()[4])
        # Of mounts at one place the last one is seen.
        if len(mount) >= len(longest) and (real == mount or real.startswith(mount.rstrip("/") + "/")):
            longest, kind = mount, after.split()[0]
    return kind in _NETWORK or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE)


def directory_name() -> str:
    """The name of fpray's directory below any other, for this user alone."""
    return f"fpray-{os.geteuid()}"


def own_directory(base: str | Path) -> Path:
    """fpray's directory below another, for this user alone; made if it is missing.

    Raises:
        OSError: it cannot be made, belongs to another user, is a link, is open to others, or could be replaced.
    """
    Path(base).mkdir(parents=True, exist_ok=True)
    check_parents(Path(base) / directory_name())
    return private_directory(Path(base) / directory_name())


def local_directory() -> Path | None:
    """fpray's directory in the first usual place that is on a disk of this machine's own; None if none is."""
    for place in _PLACES:
        if not on_network(place):
            try:
                return own_directory(place)
            except OSError:
                continue
    return None


def cache_directory(name: str, fits: Callable[[str], bool] = lambda _path: True) -> Path | None:
    """A directory for what can be made again, such as jars: in the user's cache, else on a disk of this machine.

    The user's cache is not used where it is on a network file system or cannot be written (a container's user may have
    no home). None if there is no directory at all. fits: whether a path can be used.
    """
    home = user_cache()
    if home is not None and fits(str(home)) and not on_network(home):
        with contextlib.suppress(OSError):
            closed_directory(home / "fpray")
            return closed_directory(home / "fpray" / name)
    own = local_directory()
    if own is None:
        return None
    (own / name).mkdir(exist_ok=True)
    return own / name


def user_cache() -> Path | None:
    """The directory in which this user's programs keep what can be made again; None if nothing says where it is."""
    with contextlib.suppress(RuntimeError):  # no HOME, and the user has no entry in /etc/passwd
        path = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
        return path if path.is_absolute() else None
    return None
