"""The head of a launcher's cluster, as SSH reaches it; a command that runs there in place of here."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from fpray.cluster.head_address import head_login
from fpray.cluster.launcher import Launcher, read_launcher
from fpray.cluster.ray_address import EnvironmentAddress, wanted_address
from fpray.driver.command_words import CommandWords
from fpray.errors import Cause, FprayError
from fpray.node.ports import is_own
from fpray.report.text import on_terminal

# The head's own copy of the configuration; Ray puts it there.
BOOTSTRAP = "ray_bootstrap_config.yaml"
_ENVIRONMENT = "[ -e ~/fpray-node/env.sh ] && . ~/fpray-node/env.sh"
_NO_SSH = (
    "this machine has no ssh, which fpray needs to reach the head node: install it (Debian: apt-get"
    " install openssh-client)"
)
_NO_RSYNC = (
    "this machine has no rsync, which fpray needs to copy files to the head node: install it (Debian:"
    " apt-get install rsync)"
)
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
_MOST_LINES = 3  # of what ssh or rsync says
# Lines with which they end, whatever the cause was; it stands above them.
_LAST_WORDS = re.compile(
    r"rsync error: |rsync: connection unexpectedly closed|rsync: .*Broken pipe|Connection closed by UNKNOWN"
)


def belongs_here(launcher: Launcher, address: str | None) -> bool:
    """Whether this machine is a node of the cluster: by its address, or, in a cloud, by the Ray that it runs.

    address: the address in RAY_ADDRESS, which names that Ray.
    """
    if launcher.hosts:
        return any(is_own(host) for host in launcher.hosts)
    return wanted_address(address, local=False) is not None


@dataclass(frozen=True)
class Head:
    """The head of a cluster, as SSH reaches it: `user@address`, and ssh with its options."""

    target: str
    ssh: tuple[str, ...]

    @staticmethod
    def of(launcher: Launcher) -> Head:
        """The head of a launcher configuration. Raises as `head_login` does."""
        login = head_login(launcher)
        options = {**_OPTIONS, **({"ProxyCommand": login.proxy} if login.proxy else {})}
        key = ["-i", str(login.key)] if login.key else []
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return Head(f"{login.user}@{login.address}", ("ssh", *key, *words))

    def ask(self, command: str, text: str = "") -> str:
        """The output of a command that runs there; text: its standard input.

        Raises:
            FprayError: the head cannot be reached, or the command fails.
        """
        words = [*self.ssh, "--", self.target, command]
        try:
            result = subprocess.run(
                words, capture_output=True, text=True, input=text, errors="surrogateescape", check=False
            )
        except FileNotFoundError:
            raise FprayError(_NO_SSH, Cause.HEAD) from None
        if result.returncode != 0:
            why = _cause(result.stderr.strip() or result.stdout.strip() or f"ssh returned {result.returncode}")
            by_hand = shlex.join([*self.ssh, "--", self.target])  # with the key and the proxy of the launcher's file
            raise FprayError(
                f'the head node of the cluster, {self.target}, cannot be used; ssh says: "{why}". Try by hand:'
                f" {by_hand}",
                Cause.HEAD,
            )
        return result.stdout

    def copy(self, source: Path, target: str) -> None:
        """Copy a file to the head; a file that is there already is not sent again.

        Raises:
            FprayError: it cannot be copied.
        """
        command = ["rsync", "--rsh", shlex.join(self.ssh), "-avz", "--", str(source), f"{self.target}:{target}"]
        try:
            result = subprocess.run(
                command,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                errors="surrogateescape",
                check=False,
            )
        except FileNotFoundError:
            raise FprayError(_NO_RSYNC, Cause.HEAD) from None
        if result.returncode != 0:
            why = _cause(result.stderr.strip() or f"rsync returned {result.returncode}")
            raise FprayError(
                f'{source} cannot be copied to the head node, {self.target}; rsync says: "{why}". Correct'
                " the cause. If rsync is missing on the head node, install it there",
                Cause.HEAD,
            )

    def become(self, words: Sequence[str]) -> NoReturn:
        """Become `fpray WORDS` on the head: this process shows its terminal from now on, and ends with its exit code.

        Raises:
            FprayError: there is no ssh.
        """
        terminal = ["-tt"] if sys.stdin.isatty() and on_terminal() else []
        command = f"{_ENVIRONMENT}; exec fpray {shlex.join(words)}"
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            os.execvp(self.ssh[0], [*self.ssh, *terminal, "--", self.target, f"bash -lc {shlex.quote(command)}"])
        except FileNotFoundError:
            raise FprayError(_NO_SSH, Cause.HEAD) from None


def _cause(text: str) -> str:
    """The lines of ssh's or rsync's text that give the cause of a failure."""
    lines = [line.strip() for line in text.splitlines()]
    telling = [line for line in lines if not _LAST_WORDS.match(line)] or lines
    return "; ".join(telling[-_MOST_LINES:]).rstrip(".")


def run_on_head(path: Path, command: CommandWords, *, with_machines: bool = False) -> None:
    """Become a command on the head of a cluster, unless this machine belongs to the cluster.

    with_machines: the command uses the machines of the cluster, so it gets the configuration.

    Raises:
        FprayError: the head cannot be reached.
    """
    launcher = read_launcher(path)
    if belongs_here(launcher, EnvironmentAddress.read()):
        return
    head = Head.of(launcher)
    home = head.ask("pwd").strip()  # needed in any case: ssh alone does not say which head cannot be reached
    command = command.without("cluster")
    head.become((command.with_option("cluster", f"{home}/{BOOTSTRAP}") if with_machines else command).words)
