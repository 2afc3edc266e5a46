"""Where the head of a launcher's cluster is, and how SSH logs in there."""

from __future__ import annotations

import contextlib
import io
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fpray.cluster.launcher import Launcher
from fpray.cluster.launcher_file import Auth
from fpray.errors import Cause, FprayError, refuse
from fpray.files.paths import absolute
from fpray.files.shown import shown
from fpray.files.typed import typed

_USER = re.compile(r"[A-Za-z0-9_][\w.@\\+-]{0,200}")


@dataclass(frozen=True)
class HeadLogin:
    """How SSH reaches the head. key: the file of the private key; proxy: ssh's ProxyCommand."""

    user: str
    address: str
    key: Path | None = None
    proxy: str | None = None


def head_login(launcher: Launcher) -> HeadLogin:
    """Find the head. In a cloud, the cloud is asked.

    Raises:
        Refused: the cluster runs in containers, or the configuration names no user.
        FprayError: there is no head, or the cloud does not answer.
    """
    file, path = launcher.file, launcher.path
    if file.docker is not None and file.docker.container_name:
        raise refuse(
            str(path),
            "runs Ray in containers, in which fpray cannot start a sweep from here. Start it there: ray exec"
            f" {path} 'fpray sweep ...', with your options",
            Cause.HEAD,
        )
    auth = file.auth or Auth()
    if file.provider.type == "local":
        address = str(file.provider.external_head_ip or file.provider.head_ip)
    else:
        address, content = cloud_head(launcher.content)
        auth = typed(Auth, content)
    if not auth.ssh_user:
        raise refuse(
            f"{path}: auth.ssh_user",
            "is missing: add the user that SSH logs in as, such as auth: {ssh_user: ubuntu}",
            Cause.LAUNCHER_FILE,
        )
    if not _USER.fullmatch(auth.ssh_user):  # `-oProxyCommand=...` would be an option of ssh, which runs a program
        raise refuse(
            f"{path}: auth.ssh_user",
            f"{shown(auth.ssh_user)} is not a user name: write one, such as ubuntu",
            Cause.LAUNCHER_FILE,
        )
    if address.startswith("-") or not address.isprintable() or " " in address:
        raise refuse(
            str(path),
            f"the address of its head node, {shown(address)}, is not the address of a machine. Run ray get-head-ip"
            f" {path}: if that prints the same address, correct the section provider of this file; otherwise run the"
            " same fpray command again",
            Cause.LAUNCHER_FILE,
        )
    key = auth.ssh_private_key
    return HeadLogin(auth.ssh_user, address, absolute(key) if key else None, auth.ssh_proxy_command)


def cloud_head(config: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The address of the head in a cloud, and the configuration's `auth` as the launcher completes it.

    Raises:
        FprayError: there is no head, or the cloud does not answer.
    """
    from ray.autoscaler.sdk import bootstrap_config, get_head_node_ip

    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output), _silenced("ray.autoscaler"):
            whole = bootstrap_config(dict(config))
            return str(get_head_node_ip(whole)), whole["auth"]
    except Exception as error:  # whatever a cloud's library raises
        lines = (str(error).strip() or output.getvalue().strip() or type(error).__name__).splitlines()
        raise FprayError(
            f"the head node of Ray cluster {config.get('cluster_name')} was not found; Ray says: "
            f'"{lines[-1]}". If the cluster does not run, start it with ray up. If it runs, correct the cause that Ray'
            " names",
            Cause.HEAD,
        ) from None


@contextlib.contextmanager
def _silenced(name: str) -> Iterator[None]:
    """Within the block, a logger logs nothing: Ray logs the traceback of an error that it also raises."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)
