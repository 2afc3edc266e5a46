"""An embedded Ray: on this machine alone, started for one driver, tuned to disturb no measurement."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fpray.cluster.ray_process.connect import connect
from fpray.cluster.ray_process.stand_ins import without_agents
from fpray.plan.cluster import LOOPBACK

# Ray's processes listen on 127.0.0.1 only; otherwise Ray turns this address into the machine's own one.
_LOOPBACK_ONLY = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}

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

# A machine that computes much else: Ray's own limits are some seconds. Its processes get on, so it is waited for.
_PATIENT = {
    "RAY_raylet_client_num_connect_attempts": "300",
    "RAY_raylet_client_connect_timeout_milliseconds": "1000",
    "RAY_gcs_server_port_wait_time_s": "300",
    "RAY_gcs_rpc_server_connect_timeout_s": "60",
    "RAY_py_gcs_connect_timeout_s": "300",
    "RAY_gcs_server_request_timeout_seconds": "300",
    "RAY_worker_register_timeout_seconds": "300",
    "RAY_agent_register_timeout_ms": "300000",
}
_NODE_S = 300.0
_LOOK_S = 0.1
RAY = "r"  # the directory that Ray gets; it opens it to all users


def embedded_environment() -> dict[str, str]:
    """The environment of a process that starts an embedded Ray.

    A token that only this driver has: no other user can submit to this Ray. It is in no file.
    """
    return {
        **_LOOPBACK_ONLY,
        **_LEAN,
        **_PATIENT,
        "RAY_ADDRESS": "",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(16),
    }


def start_embedded(directory: Path, watch: Callable[[int], None]) -> None:
    """Start Ray's processes with their files below a directory, and connect to them.

    watch: called with a pidfd of each process that must live, as soon as it runs: where one of them dies in its start,
    Ray waits for it for up to a minute.

    Raises:
        Exception: whatever Ray raises when it does not start.
    """
    os.environ.pop("RAY_ADDRESS", None)
    _wait_patiently()
    _watch_what_starts(watch)
    _start_no_unused_processes()
    connect(address="local", include_dashboard=False, _temp_dir=str(directory / RAY), _node_ip_address=LOOPBACK)


def _watch_what_starts(watch: Callable[[int], None]) -> None:
    """Watch the head and the raylet from the moment in which Ray starts each of them; leave out the raylet's agents."""
    from ray._private import services

    start = services.start_ray_process

    def watched(command: Any, process_type: str, *arguments: Any, **options: Any) -> Any:
        words = without_agents(command) if process_type == "raylet" else command
        info = start(words, process_type, *arguments, **options)
        if process_type in ("gcs_server", "raylet"):
            watch(os.pidfd_open(info.process.pid))
        return info

    services.start_ray_process = watched


def _wait_patiently() -> None:
    """Have `ray.init` wait for minutes where it gives up after 30 s, which no option changes; and in short steps.

    One of its waits is in C++, and no other thread runs meanwhile: none that notices that the driver is gone.
    """
    from ray._private import node, services

    services.get_node = _repeated(services.get_node)
    wait_for_port = node.wait_for_persisted_port

    def in_steps(*arguments: Any, timeout_ms: int) -> Any:
        return wait_for_port(*arguments, timeout_ms=min(timeout_ms, round(1000 * _LOOK_S)))

    node.wait_for_persisted_port = _repeated(in_steps)


def _repeated(look: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, called again until it raises nothing, for minutes."""

    def look_long(*arguments: Any, **options: Any) -> Any:
        deadline = time.monotonic() + _NODE_S
        while True:
            try:
                return look(*arguments, **options)
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_LOOK_S)

    return look_long


def _start_no_unused_processes() -> None:
    """Leave out what no option of `ray.init` leaves out, and what is of no use here.

    The log monitor reads logs that are never shown, the autoscaler's monitor has nothing to scale, and the dashboard's
    head has no dashboard: three Python processes that would take more CPU to start than all of fpray, and wake a
    hundred times a second.
    """
    from ray._private.node import Node

    for start in ("start_log_monitor", "start_monitor", "start_api_server"):
        setattr(Node, start, lambda _node, **_options: None)
