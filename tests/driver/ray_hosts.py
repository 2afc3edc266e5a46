"""Three hosts with Ray, on which sweeps run while their cables, machines and processes fail."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.hosts import Host
from tests.support.patience import LONG
from tests.support.processes import Seen, command_of, name_of
from tests.support.ray_nodes import TRIES

NODES = ("head", "node-1", "node-2")
RAYS_END_S = 120  # after so long Ray itself ends what cannot reach the head
OUR_END_S = 100  # and after so long all of fpray's has ended: it needs 20 s on a quiet machine
# As cluster_configs/node/env.sh has it, but for the last: Ray shall not be what ends a machine that is cut off.
RAY = (
    "env", "RAY_AUTH_MODE=disabled", "RAY_worker_niceness=0", "RAY_worker_oom_score_adjustment=0",
    "RAY_health_check_period_ms=1000", "RAY_health_check_timeout_ms=3000", "RAY_health_check_failure_threshold=5",
    f"RAY_gcs_rpc_server_reconnect_timeout_s={RAYS_END_S}",
)  # fmt: skip


@dataclass
class RayHosts:
    """Hosts with a Ray node on each, and a directory that all of them see."""

    hosts: dict[str, Host]
    shared: Path

    def begin(self, name: str) -> None:
        """Start a host's Ray node."""
        host = self.hosts[name]
        words = ["--head", "--port=6379", "--include-dashboard=false", "--no-monitor"]
        words = words if name == "head" else [f"--address={self.hosts['head'].address}:6379"]
        words += [f"--node-ip-address={host.address}", "--num-cpus=2", "--include-log-monitor=false"]
        words += ["--disable-usage-stats", "--object-store-memory=100000000"]
        for _ in range(TRIES):
            done = host.run(*RAY, "ray", "start", *words, timeout=LONG)
            if done.returncode == 0:
                return
            self._end_all(name)  # Ray gave up on a machine that was too busy for its 30 s
        raise AssertionError(done.stdout + done.stderr)

    def cable(self, name: str, state: str) -> None:
        """Plug a host in or out (`up`, `down`), at the switch."""
        number = NODES.index(name) + 1
        space = f"fpray-{os.getpid()}-laptop"
        subprocess.run(["ip", "-n", space, "link", "set", f"port-{number}", state], check=True)

    def sweep(self, directory: Path, *words: str) -> subprocess.Popen[str]:
        """Start a sweep on the head."""
        command = ["fpray", "sweep", "unreplicated", "-j", "reference", *words]
        return self.hosts["head"].start(*RAY, *command, directory=directory)

    def reboot(self, *names: str) -> None:
        """End all that runs on hosts, as the loss of power would, and start their Ray nodes anew."""
        for name in names:
            self._end_all(name)
        for name in names:
            self.begin(name)

    def _end_all(self, name: str) -> None:
        for process in self.hosts[name].inside():
            if process.pid != self.hosts[name].init and name_of(process) not in ("sleep", "bash"):
                process.kill() if "ssh_server.py" not in command_of(process) else None

    def jvms(self, name: str) -> list[Seen]:
        """The JVMs of a host."""
        return self.hosts[name].processes_named("java")
