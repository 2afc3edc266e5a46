"""An embedded Ray without its two agents, which nothing here asks: in the place of each, a shell waits for its end.

The raylet starts both, waits until each has written its ports, and ends when one of them ends. Each is a Python process
that imports Ray, listens on a port, and takes up to 90 s to notice that its raylet was killed. One answers questions
of a dashboard; the other prepares environments of workers, and fpray's actors have none of their own.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

SIGN = "fpray-stand-in"  # in the command line of each
_AGENTS = ("dashboard_agent_command", "runtime_env_agent_command")
# The raylet is at the other end of its standard input. What the raylet adds to the command is ignored.
_COMMAND = f"/bin/sh -c 'read _' {SIGN}"
_NOT_IN_USE = -1
_NEVER_ASKED = 1  # the raylet wants a port


def without_agents(command: Sequence[str]) -> list[str]:
    """The command of a raylet with stand-ins for its agents; their ports are written, so it waits for nothing."""
    raylet: Any = importlib.import_module("ray._raylet")  # compiled: its types are not known
    options = dict(word.removeprefix("--").split("=", 1) for word in command if word.startswith("--") and "=" in word)
    ports = {
        raylet.METRICS_AGENT_PORT_NAME: _NOT_IN_USE,
        raylet.METRICS_EXPORT_PORT_NAME: _NOT_IN_USE,
        raylet.DASHBOARD_AGENT_LISTEN_PORT_NAME: _NOT_IN_USE,
        raylet.RUNTIME_ENV_AGENT_PORT_NAME: _NEVER_ASKED,
    }
    for name, port in ports.items():
        raylet.persist_port(options["session_dir"], options["node_id"], name, port)
    stand_ins = {f"--{name}": _COMMAND for name in _AGENTS}
    return [f"{name}={stand_ins[name]}" if (name := word.split("=")[0]) in stand_ins else word for word in command]
