"""An embedded Ray: on this machine alone, started for one driver, tuned to disturb no measurement."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from fpray.cluster.ray_start import Environment, connect
from fpray.plan.cluster import LOOPBACK

# Measured with `make bench`: no metrics, no event reports, rare timers.
# The first three matter most: a JVM must not inherit Ray's niceness, and Ray must not kill for memory.
_LEAN = {
    "RAY_worker_niceness": "0",
    "RAY_worker_oom_score_adjustment": "0",
    "RAY_memory_monitor_refresh_ms": "0",
    "RAY_enable_metrics_collection": "false",
    "RAY_event_stats": "false",
    "RAY_task_events_report_interval_ms": "0",
    "RAY_ray_events_report_interval_ms": "0",
    "RAY_raylet_report_resources_period_milliseconds": "1000",
    "RAY_raylet_check_gc_period_milliseconds": "5000",
    "RAY_debug_dump_period_milliseconds": "0",
    "RAY_kill_idle_workers_interval_ms": "5000",
    "RAY_local_fs_monitor_interval_ms": "5000",
    "RAY_gcs_pull_resource_loads_period_milliseconds": "10000",
    "RAY_io_context_event_loop_lag_collection_interval_ms": "0",
    "RAY_io_context_monitor_probe_interval_ms": "60000",
    "RAY_core_worker_internal_heartbeat_ms": "10000",
    "RAY_report_worker_backlog_interval_ms": "10000",
    "RAY_object_manager_timer_freq_ms": "5000",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
_DIRECTORY = "fpray-ray-"  # short: below it are sockets, and a socket's path may have 107 bytes
_tokens: list[str] = []  # the token of this process's first embedded Ray; every later one uses it, too


def embedded_before() -> bool:
    """Whether this process has run an embedded Ray: its Ray module has a token then, and cannot attach elsewhere."""
    return bool(_tokens)


class EmbeddedRay:
    """Starts and stops the embedded Ray."""

    def __init__(self) -> None:
        self._environment = Environment()
        self._directory: Path | None = None

    def start(self) -> None:
        """Start Ray's processes, and connect to them."""
        self._environment.set(_LEAN)
        if "ray" not in sys.modules:  # Ray reads the mode when it is imported, and never again
            _tokens.append(secrets.token_hex(16))
        if _tokens:
            # A token that only this process has: no other user can submit to this Ray. It is in no file.
            self._environment.set({"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": _tokens[0]})
        self._environment.set({"RAY_ADDRESS": None})
        _remove_old_directories()
        self._directory = Path(tempfile.mkdtemp(prefix=f"{_DIRECTORY}{os.getpid()}-", dir="/tmp"))
        connect(address="local", include_dashboard=False, _temp_dir=str(self._directory), _node_ip_address=LOOPBACK)
        _end_unused_processes()

    def stop(self) -> None:
        """End Ray's processes, remove its directory, and restore the environment. Never raises."""
        with contextlib.suppress(Exception):  # an interrupt may have cut Ray's import short
            import ray

            ray.shutdown()
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
        self._environment.restore()


def _end_unused_processes() -> None:
    """End processes of an embedded Ray that have no use, and that `ray.init` cannot leave out.

    The log monitor takes 0.6 % of a core to read logs that are never shown, the autoscaler's monitor has nothing to
    scale, and the dashboard's head has no dashboard. Together they wake a hundred times a second.
    """
    from ray._private.worker import _global_node

    for end in ("kill_log_monitor", "kill_monitor", "kill_dashboard"):
        with contextlib.suppress(Exception):
            getattr(_global_node, end)(check_alive=False)


def _remove_old_directories() -> None:
    """Remove the directories in /tmp of embedded Rays that were killed with their driver."""
    for path in Path("/tmp").glob(f"{_DIRECTORY}*"):
        pid = path.name.removeprefix(_DIRECTORY).partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(path, ignore_errors=True)
