"""From a laptop: the driver runs on the cluster of a launcher configuration, and its commands there, over SSH."""

from __future__ import annotations

import hashlib
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from fpray.cluster.head_address import head_login
from fpray.cluster.launcher import Launcher, read_launcher
from fpray.cluster.ray_address import wanted_address
from fpray.driver.experiment import Experiment, Where
from fpray.errors import FprayError

# The head's own copy of the configuration; Ray puts it there.
BOOTSTRAP = "ray_bootstrap_config.yaml"
_FILES = "fpray-files"  # in the head's home: jars by their content, and study files
_ENVIRONMENT = "[ -e ~/fpray-node/env.sh ] && . ~/fpray-node/env.sh"
_NO_SSH = "there is no ssh here, with which fpray reaches the head: install it"
_OPTIONS = {
    # As Ray's launcher: the machines are new each night, and so are their keys.
    "StrictHostKeyChecking": "no",
    "UserKnownHostsFile": "/dev/null",
    "IdentitiesOnly": "yes",
    "LogLevel": "ERROR",
    "ConnectTimeout": "20",
    "ServerAliveInterval": "5",
    "ServerAliveCountMax": "6",
}


def is_elsewhere(where: Where) -> bool:
    """Whether a launcher configuration names a cluster to which this machine does not belong."""
    if not isinstance(where.inventory, Launcher) or where.address is not None or os.environ.get("RAY_ADDRESS"):
        return False
    return not belongs_here(where.inventory)


def belongs_here(launcher: Launcher) -> bool:
    """Whether this machine is a node of the cluster: by its address, or where a cloud gives those, by running Ray."""
    if launcher.hosts:
        return any(_is_ours(host) for host in launcher.hosts)
    return wanted_address(None, local=False) is not None


def _is_ours(address: str) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as any_port:
        try:
            any_port.bind((address, 0))
        except OSError:
            return False
    return True


@dataclass(frozen=True)
class Head:
    """The head of a cluster, as SSH reaches it: `user@address`, and ssh with its options."""

    target: str
    ssh: tuple[str, ...]

    @staticmethod
    def of(launcher: Launcher) -> Head:
        """That of a launcher configuration. Raises as `head_login` does."""
        login = head_login(launcher)
        options = {**_OPTIONS, **({"ProxyCommand": login.proxy} if login.proxy else {})}
        key = ["-i", str(login.key)] if login.key else []
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return Head(f"{login.user}@{login.address}", ("ssh", *key, *words))

    def ask(self, command: str) -> str:
        """What a command says there.

        Raises:
            FprayError: SSH does not get in, or the command fails.
        """
        words = [*self.ssh, self.target, command]
        try:
            done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        except FileNotFoundError:
            raise FprayError(_NO_SSH) from None
        if done.returncode != 0:
            said = (done.stderr.strip() or done.stdout.strip() or f"ssh returned {done.returncode}").splitlines()
            raise FprayError(f"the head, {self.target}, cannot be asked: {said[-1]}")
        return done.stdout

    def copy(self, source: Path, target: str) -> None:
        """Copy a file there; one that is there already costs nothing.

        Raises:
            FprayError: it cannot be copied.
        """
        command = ["rsync", "--rsh", shlex.join(self.ssh), "-avz", str(source), f"{self.target}:{target}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        except FileNotFoundError:
            raise FprayError("there is no rsync here, with which files come to the head: install it") from None
        if done.returncode != 0:
            said = (done.stderr.strip() or f"rsync returned {done.returncode}").splitlines()
            raise FprayError(f"{source} cannot be copied to the head: {said[-1]}")

    def become(self, words: Sequence[str]) -> NoReturn:
        """Become `fpray WORDS` on the head: this process is its terminal from now on, and its exit code.

        Raises:
            FprayError: there is no ssh.
        """
        terminal = ["-tt"] if sys.stdin.isatty() and sys.stderr.isatty() else []
        command = f"{_ENVIRONMENT}; exec fpray {shlex.join(words)}"
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            os.execvp(self.ssh[0], [*self.ssh, *terminal, self.target, f"bash -lc {shlex.quote(command)}"])
        except FileNotFoundError:
            raise FprayError(_NO_SSH) from None


def run_there(experiment: Experiment, words: Sequence[str]) -> NoReturn:
    """Run `fpray WORDS`, which were checked, on the head; the files of this machine that it needs go there first.

    The head has it run as a job of Ray's; what is shown here is the job's live display.

    Raises:
        FprayError: the head cannot be reached.
    """
    launcher, jar, study = experiment.where.inventory, experiment.environment.jar, experiment.selection.study
    assert isinstance(launcher, Launcher)
    head = Head.of(launcher)
    home = head.ask(f"mkdir -p {_FILES} && pwd").strip()
    words = [*words, "--cluster", f"{home}/{BOOTSTRAP}", "--as-job", f"--cluster {launcher.path}"]
    if not jar.reference:
        words += ["--jar", _put(head, home, jar.path, by_content=True)]
    if study.endswith(".py"):
        words += ["--study", _put(head, home, Path(study), by_content=False)]
    head.become(words)


def run_on_head(path: Path, words: Sequence[str], *, with_machines: bool = False) -> None:
    """Become `fpray WORDS`, which looks at suites, on the head of a cluster, where this machine is none of its.

    with_machines: it uses the cluster's machines, and is told the configuration.

    Raises:
        FprayError: the head cannot be reached.
    """
    launcher = read_launcher(path)
    if belongs_here(launcher):
        return
    head = Head.of(launcher)
    home = head.ask("pwd").strip()  # asked in any case: ssh alone would not say which head cannot be reached
    head.become([*words, "--cluster", f"{home}/{BOOTSTRAP}"] if with_machines else words)


def _put(head: Head, home: str, file: Path, *, by_content: bool) -> str:
    """Copy a file to the head; by content: so that another file of that name is not overwritten."""
    place = f"{home}/{_FILES}"
    if by_content:
        with file.open("rb") as content:
            place += f"/{hashlib.file_digest(content, 'sha256').hexdigest()[:16]}"
        head.ask(f"mkdir -p {shlex.quote(place)}")
    head.copy(file, f"{place}/")
    return f"{place}/{file.name}"


def words_without(words: Sequence[str], option: str) -> list[str]:
    """A command line without an option and its value."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == option:
            next(rest, None)
        elif not word.startswith(f"{option}="):
            kept.append(word)
    return kept
