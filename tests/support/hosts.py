"""Several hosts on this machine, as real as root can make them: with an address, a home, a /tmp, and an SSH server.

A host is a network, process, mount, name and IPC namespace: `ray stop`, which ends processes by name, finds its own
host's alone. The hosts share this machine's files but for /tmp, /dev/shm and $HOME. The first host is the laptop: it
has no SSH server, but the switch to which all are plugged in.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.support.patience import LONG
from tests.support.processes import Seen, below, command_of, lives, name_of, seen

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BIN = Path(sys.executable).parent
USER = "root"
_INIT = r"""
set -eu
hostname "$NAME"
for path in $SHARED; do
  case $path in /tmp/*) mkdir -p "$OWN_TMP/${path#/tmp/}"; mount --bind "$path" "$OWN_TMP/${path#/tmp/}" ;; esac
done
mount --rbind "$OWN_TMP" /tmp
mkdir -p "$OWN_TMP/var"
mount --bind "$OWN_TMP/var" /var/tmp
mount -t tmpfs tmpfs /dev/shm
# The hosts know each other's names and no others: nothing waits for a name server that is out of reach.
mount --bind "$KEYS/hosts" /etc/hosts
mount --bind /dev/null /etc/resolv.conf
mount --bind "$PASSWD" /etc/passwd
cd "$HOME"
if [ -n "$ADDRESS" ]; then
  "$PYTHON" "$SERVER" "$ADDRESS" "$KEYS/host_key" "$KEYS/key.pub" > /dev/null &
else
  sleep infinity &
fi
echo up
# A process that lost its parent is this one's child, and bash reaps it. The host ends when its test process does,
# which closes this standard input: also when that was killed.
while read -r -t 10 _ || [ $? -gt 128 ]; do :; done
"""


class NoNamespaces(Exception):
    """Why hosts cannot be made here."""


@dataclass(frozen=True)
class Host:
    """One of them.

    Attributes:
        init: the process, as this machine numbers it, with which the host ends.
        space: its namespace of processes.
        environment: of whatever is run there; a shell of SSH adds what ~/.bashrc says.
    """

    name: str
    address: str
    home: Path
    init: int
    space: str
    environment: dict[str, str]

    def run(self, *command: str, timeout: float = LONG) -> subprocess.CompletedProcess[str]:
        """Run a command there, as its user at the console would."""
        return subprocess.run(
            [*self._enter(self.home), *command],
            capture_output=True, text=True, timeout=timeout, env=self.environment, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self, *command: str, directory: Path) -> subprocess.Popen[str]:
        """Start a command there, and go on; the caller ends it."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [*self._enter(directory), *command],
            stdout=pipe, stderr=pipe, text=True, env=self.environment, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def kill_all_of(self, process: subprocess.Popen[str]) -> None:
        """SIGKILL for a command that was started there, and for what it has started."""
        for child in below(process.pid):
            child.kill()
        process.kill()

    def _enter(self, directory: Path) -> list[str]:
        spaces = [f"--{kind}" for kind in ("net", "mount", "pid", "uts", "ipc")]
        return ["nsenter", f"--target={self.init}", *spaces, f"--wd={directory}", "--"]

    @property
    def tmp(self) -> Path:
        """What is /tmp there."""
        return self.home.parent / "tmp"

    def processes(self) -> list[str]:
        """The names of what lives there, but for the host's own two processes."""
        own = ("ssh_server.py", "sleep ")
        others = [process for process in self.inside() if process.pid != self.init]
        return [name_of(process) for process in others if not any(word in command_of(process) for word in own)]

    def inside(self) -> list[Seen]:
        """All that lives there, as this machine numbers it."""
        processes = []
        for process in seen(psutil.pids()):
            with contextlib.suppress(OSError):
                processes += [process] if _namespace(process.pid) == self.space and lives(process) else []
        return processes

    def processes_named(self, name: str) -> list[Seen]:
        """What lives there by that name; a name of Ray's actors says what they do: by its beginning."""
        actors = name.startswith("ray::")
        return [
            process
            for process in self.inside()
            if (own := name_of(process)) == name or (actors and own.startswith(name))
        ]


def needs_hosts(seconds: float) -> list[pytest.MarkDecorator]:
    """Marks for a file of tests that make hosts, each of which may take so long."""
    cannot = os.geteuid() != 0 or shutil.which("ip") is None
    return [
        pytest.mark.hosts,
        pytest.mark.ray,
        pytest.mark.jvm,
        pytest.mark.skipif(cannot, reason="makes hosts, which needs root and iproute2"),
        pytest.mark.timeout(seconds),
    ]


def _namespace(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/pid").readlink())


@contextlib.contextmanager
def hosts(*names: str) -> Iterator[tuple[dict[str, Host], Path]]:
    """Hosts by name, the laptop first, and a directory that all of them see; skips the test where there can be none."""
    scratch = Path(tempfile.mkdtemp(prefix="fpt-hosts-", dir="/tmp"))
    (shared := scratch / "shared").mkdir()
    try:
        with _booted(scratch, ("laptop", *names)) as by_name:
            yield by_name, shared
    except NoNamespaces as reason:
        pytest.skip(str(reason))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextlib.contextmanager
def _booted(scratch: Path, names: Sequence[str]) -> Iterator[dict[str, Host]]:
    """Raises NoNamespaces where hosts are not allowed."""
    keys = scratch / "keys"
    keys.mkdir(mode=0o700)
    for key in ("key", "host_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / key)], check=True)
    addresses = [f"{_address(number)} {name}" for number, name in enumerate(names) if number]
    (keys / "hosts").write_text("\n".join(["127.0.0.1 localhost", f"{_address(254)} {names[0]}", *addresses, ""]))
    spaces = {name: f"fpray-{os.getpid()}-{name}" for name in names}
    _remove_left()
    inits: list[subprocess.Popen[str]] = []
    try:
        _plug(spaces)
        by_name = {}
        for number, name in enumerate(names):
            address = "" if number == 0 else _address(number)
            by_name[name], process = _boot(name, spaces[name], address, scratch)
            inits.append(process)
        for host in by_name.values():
            if host.address:
                _wait_for_ssh(host)
        yield by_name
    finally:
        for process in inits:
            process.send_signal(signal.SIGKILL)  # unshare takes its host's first process along, and that all others
            process.communicate()
        for space in spaces.values():
            subprocess.run(["ip", "netns", "del", space], capture_output=True)


def _remove_left() -> None:
    """Remove the networks of test processes that were killed."""
    spaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    for space, pid in re.findall(r"^(fpray-(\d+)-\S+)", spaces, re.MULTILINE):
        if not psutil.pid_exists(int(pid)):
            subprocess.run(["ip", "netns", "del", space], capture_output=True)


def _address(number: int) -> str:
    return f"10.78.0.{number}"


def _plug(spaces: dict[str, str]) -> None:
    """A network for each host, and a switch in the first that joins them."""
    laptop, *others = spaces.values()
    commands = [["netns", "add", space] for space in spaces.values()]
    commands += [["-n", space, "link", "set", "lo", "up"] for space in spaces.values()]
    commands += [["-n", laptop, "link", "add", "switch", "type", "bridge"]]
    commands += [["-n", laptop, "address", "add", f"{_address(254)}/24", "dev", "switch"]]
    commands += [["-n", laptop, "link", "set", "switch", "up"]]
    for number, space in enumerate(others, 1):
        port = f"port-{number}"
        commands += [["link", "add", port, "netns", laptop, "type", "veth", "peer", "name", "eth0", "netns", space]]
        commands += [["-n", laptop, "link", "set", port, "master", "switch", "up"]]
        commands += [["-n", space, "address", "add", f"{_address(number)}/24", "dev", "eth0"]]
        commands += [["-n", space, "link", "set", "eth0", "up"]]
        # Ray finds its own address by asking which one leads out.
        commands += [["-n", space, "route", "add", "default", "via", _address(254)]]
    for command in commands:
        done = subprocess.run(["ip", *command], capture_output=True, text=True)
        if done.returncode != 0:
            raise NoNamespaces(f"no network namespaces here (ip {' '.join(command)}: {done.stderr.strip()})")


def _boot(name: str, space: str, address: str, scratch: Path) -> tuple[Host, subprocess.Popen[str]]:
    home, keys = scratch / name / "home", scratch / "keys"
    own_tmp = home.parent / "tmp"
    own_tmp.mkdir(parents=True)
    _furnish(home)
    passwd = home.parent / "passwd"  # ssh looks there for what ~ is, not into HOME
    passwd.write_text(f"{USER}:x:0:0::{home}:/bin/bash\n")
    environment = {
        "HOME": str(home),
        "USER": USER,
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "PATH": f"{home}/bin:{BIN}:{os.environ['PATH']}",
        **{name: os.environ[name] for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE") if name in os.environ},
    }
    variables = {"NAME": name, "ADDRESS": address, "OWN_TMP": str(own_tmp), "KEYS": str(keys), "PYTHON": sys.executable}
    mounts = [*map(str, [scratch, ROOT, BIN.parent]), *os.environ.get("PYTHONPATH", "").split(":")]
    variables |= {"SERVER": str(HERE / "ssh_server.py"), "SHARED": " ".join(mounts), "PASSWD": str(passwd)}
    log = (home.parent / "log").open("w")
    unshare = ["unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc"]
    process = subprocess.Popen(
        ["ip", "netns", "exec", space, *unshare, "bash", "-c", _INIT],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment | variables,
    )  # fmt: skip
    assert process.stdout
    if process.stdout.readline() != "up\n":
        process.kill()
        raise NoNamespaces(f"no namespaces of processes and mounts here: {(home.parent / 'log').read_text().strip()}")
    (init,) = below(process.pid, deep=False)
    return Host(name, address, home, init.pid, _namespace(init.pid), environment), process


def _furnish(home: Path) -> None:
    """A home in which fpray is installed already: this environment's, and a pip that notes what it was asked for."""
    installed, tools = home / "fpray" / "bin", home / "bin"
    for directory in (installed, tools):
        directory.mkdir(parents=True)
    for name in ("ray", "fpray", "python"):
        (installed / name).symlink_to(BIN / name)
    _script(installed / "pip", '#!/bin/sh\necho "$@" >> ~/pip-was-asked\n')
    if shutil.which("rsync") is None:
        _script(tools / "rsync", f'#!/bin/sh\nexec {sys.executable} -S {HERE / "rsync.py"} "$@"\n')
    (home / ".bashrc").write_text("export PATH=~/bin:$PATH\n")


def _script(path: Path, content: str) -> None:
    path.write_text(content)
    path.chmod(0o755)


def _wait_for_ssh(host: Host) -> None:
    until = time.monotonic() + 60
    while ":22 " not in host.run("ss", "-Hltn").stdout:
        if time.monotonic() > until:
            raise AssertionError(f"no SSH server on {host.name}: {(host.home.parent / 'log').read_text()}")
        time.sleep(0.05)
