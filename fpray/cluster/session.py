"""The driver's side of Ray: which cluster, which machines, and the warm role actors on them."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import select
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from fpray.cluster.calls import first_line, gather
from fpray.cluster.jar_transfer import deliver
from fpray.errors import FprayError, Lost, refuse
from fpray.node.head_watch import Anchor, head_here
from fpray.plan.cluster import LOOPBACK

# What ray.md measured for an embedded Ray that is to disturb nothing: no metrics, no event reports, rare timers.
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
_CURRENT_CLUSTER = Path("/tmp/ray/ray_current_cluster")  # where `ray start` notes that this machine belongs to one
_SAY_S = 10.0  # what a sweep may take to see by itself that the head is gone, and end
_FACTS_S = 120.0  # a role actor may have to start first, on a busy machine
_HEAD_TRIES = 5  # a second apart, and each may take one
_ANCHOR_S = 2.0  # it answers in a millisecond
_tokens: list[str] = []  # of this process' first embedded Ray, for all that follow
_PRIVATE = "fpray-ray-"  # short: below it are sockets, whose paths may have 107 bytes


@dataclass(frozen=True)
class Machine:
    """A living node of the cluster."""

    node_id: str
    host: str
    cores: int
    labels: Mapping[str, str]
    draining: bool = False  # it is about to be taken away: what runs there may end, nothing new begins
    resources: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_head(self) -> bool:
        """Whether the head of the cluster runs there."""
        return "node:__internal_head__" in self.resources


def wanted_address(address: str | None, local: bool) -> str | None:
    """The Ray cluster to attach to: as told, `RAY_ADDRESS`, or the one this machine belongs to; None: embedded."""
    if local:
        return None
    told = address or os.environ.get("RAY_ADDRESS")
    if told:
        return None if told == "local" else told
    with contextlib.suppress(OSError):
        noted = _CURRENT_CLUSTER.read_text().strip()
        if noted and _answers(noted):
            return noted
    return None


def _connected_to() -> str | None:
    """The Ray that this Python process is connected to already, as a notebook may be."""
    if "ray" not in sys.modules:
        return None
    import ray

    return str(ray.get_runtime_context().gcs_address) if ray.is_initialized() else None


def _gcs_address() -> str:
    import ray

    return str(ray.get_runtime_context().gcs_address)


def _pinned(kind: Any, machine: Machine, threads: int) -> Any:
    """A class as a Ray actor on one machine: it takes no CPU there, and nothing of it is repeated."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return ray.remote(kind).options(
        num_cpus=0,
        max_concurrency=threads,
        max_restarts=0,
        max_task_retries=0,
        scheduling_strategy=NodeAffinitySchedulingStrategy(machine.node_id, soft=False),
    )


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except (OSError, ValueError):
        return False
    return True


class Machines:
    """An attached or embedded Ray cluster, and the role actors on it. A context manager."""

    def __init__(self, address: str | None, *, local: bool = False) -> None:
        connected = _connected_to()
        if connected is not None and (local or address not in (None, "auto", connected)):
            asked = "--local" if local else f"--address {address}"
            raise refuse(asked, f"this Python is connected to the Ray at {connected}: call ray.shutdown() first")
        self.address = connected or address
        self.lease = f"{os.getpid()}-{secrets.token_hex(4)}"
        # (role, host, lane) -> the id of its node, and the actor
        self._actors: dict[tuple[str, str, int], tuple[str, Any]] = {}
        self._waking: dict[tuple[str, str, int], Any] = {}  # of new actors: a call that ends when it is awake
        self._lock = threading.RLock()  # trials run in threads of their own, and ask for actors
        self._machines: dict[str, Machine] = {}
        self._anchor: tuple[Any, Any] | None = None  # the actor, and a reference to its address
        self._private: Path | None = None
        self._left = threading.Event()
        self._borrowed = connected is not None  # a notebook's own Ray: it was there before us, and stays
        self._environment: dict[str, str | None] = {}

    @property
    def embedded(self) -> bool:
        """Whether this is our own Ray, on this machine alone."""
        return self.address is None

    def __enter__(self) -> Machines:
        self._left.clear()
        try:
            if self.embedded:
                self._start_embedded()
            elif not self._borrowed:
                self._attach(cast(str, self.address))
            self.refresh()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        with contextlib.suppress(Exception):  # the cluster may be gone, or an interrupt may have cut Ray's import short
            import ray

            if self._borrowed:
                for actor in [*(actor for _, actor in self._actors.values()), *(self._anchor or ())[:1]]:
                    with contextlib.suppress(Exception):  # one that is gone keeps none of the others
                        ray.kill(actor)
            else:
                ray.shutdown()
        self._actors.clear()
        self._waking.clear()
        self._anchor = None
        if self._private is not None:
            shutil.rmtree(self._private, ignore_errors=True)
        for name, value in self._environment.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        self._environment.clear()

    def driver_host(self) -> str:
        """The address of the machine that the driver runs on, as Ray knows it."""
        import ray.util

        return LOOPBACK if self.embedded else str(ray.util.get_node_ip_address())

    def by_host(self) -> Mapping[str, Machine]:
        """host -> machine, of those that live."""
        return self._machines

    def schedulable(self) -> Collection[str]:
        """The hosts on which a trial may begin."""
        known = self._machines
        if not any(machine.draining for machine in known.values()):
            return known
        return [host for host, machine in known.items() if not machine.draining]

    def poll(self) -> None:
        """See who lives, where the head can say so at once."""
        if self.embedded or not _answers(_gcs_address()):
            return
        with contextlib.suppress(Exception):  # whatever Ray cannot say now, it is asked again
            self.refresh()

    def refresh(self) -> Collection[Machine]:
        """Ask the cluster which machines live: those."""
        import ray
        from ray._private.state import state

        living = [node for node in ray.nodes() if node["Alive"]]
        draining = state.get_draining_nodes()
        found = [
            Machine(
                node["NodeID"],
                LOOPBACK if self.embedded else node["NodeManagerAddress"],
                int(node["Resources"].get("CPU", 0)) or 1,
                node["Labels"],
                node["NodeID"] in draining,
                node["Resources"],
            )
            for node in living
        ]
        self._machines = {machine.host: machine for machine in sorted(found, key=lambda m: _order(m.host))}
        return self._machines.values()

    def actor(self, role: str, host: str, lane: int = 0) -> Any:
        """The warm actor of a role on a machine; a new one for the first trial, or when the last one died.

        Trials that share a machine have lanes, and each lane has actors of its own.

        Raises:
            Lost: the machine is gone.
        """
        key = (role, host, lane)
        with self._lock:
            if host not in self._machines:
                raise Lost(f"machine {host} is no longer part of the Ray cluster", [host])
            node = self._machines[host].node_id
            if key not in self._actors or self._actors[key][0] != node:  # the machine left, and has joined again
                self._actors[key] = node, self._new_actor(self._machines[host])
                self._waking[key] = self._actors[key][1].wake.remote()
            return self._actors[key][1]

    def start_actors(self, wanted: Collection[tuple[str, str]], lane: int = 0) -> dict[Any, str]:
        """Calls that end when new actors are awake -> their host, of the actors of (role, host) that a trial wants.

        Whoever waits for them before it starts anything starts all of it at the same time.
        """
        with self._lock:
            for role, host in wanted:
                self.actor(role, host, lane)
            calls = {(role, host): self._waking.pop((role, host, lane), None) for role, host in wanted}
        return {call: host for (_, host), call in calls.items() if call is not None}

    def facts(self, hosts: Sequence[str], role: str, java: str) -> dict[str, Mapping[str, Any]]:
        """host -> what that machine is, as `fpray.node.facts` says; asked of the actors of a role.

        Who is gone is left out: it may take the cluster half a minute to see that.
        """
        calls = {host: self.actor(role, host).facts.remote(java) for host in hosts}
        found, lost = {}, []
        for host, call in calls.items():
            try:
                ((_, found[host]),) = gather([call], _FACTS_S)
            except Lost:
                lost.append(host)
        if lost:
            self.recover(lost)
        return found

    def provide(
        self, hosts: Sequence[str], role: str, *, jar: Path, sha256: str, scratch: str | None
    ) -> tuple[list[str], dict[str, str]]:
        """Have the jar on machines: to which it was sent, and on which (host -> why) no trial can work below `scratch`.

        The jar is sent nowhere where there is such a machine.
        """
        actors = {host: self.actor(role, host) for host in hosts}
        calls = {actor.survey.remote(str(jar), sha256, scratch): host for host, actor in actors.items()}
        found = {calls[call]: value for call, value in gather(list(calls), 120, calls.__getitem__)}
        useless = {host: why for host, (_, why) in found.items() if why}
        lacking = {host: actors[host] for host, (here, _) in found.items() if not here}
        return sorted(deliver(jar, sha256, lacking)) if lacking and not useless else [], useless

    def _new_actor(self, machine: Machine) -> Any:
        from fpray.node.role_actor import THREADS, RoleActor

        remote = _pinned(RoleActor, machine, THREADS)
        return remote.remote(self.lease, _gcs_address(), None if machine.is_head else self._anchored())

    def _anchored(self) -> Any:
        """A reference to the address of the anchor, on the head's machine; None where none can be there."""
        if self._anchor is None:
            head = next((machine for machine in self._machines.values() if machine.is_head), None)
            if head is None:
                return None
            anchor = _pinned(Anchor, head, 1).remote()
            self._anchor = anchor, anchor.address.remote()
        return self._anchor[1]

    def head_is_gone(self) -> str:
        """The sentence about it."""
        return (
            f"the head of the Ray cluster at {self.address} is gone: what ended is kept, nothing is running any more,"
            " and the same command carries on when there is a cluster again"
        )

    def watch_head(self, tell: Callable[[], None]) -> None:
        """Call `tell`, in a thread of its own, when the head on this machine is gone and the sweep has not ended soon.

        What waits for Ray then waits for up to a minute, after which Ray ends the process without a word of ours.
        """
        head = None if self.embedded else head_here(_gcs_address())
        if head is None:
            return

        def watch() -> None:
            select.select([head], [], [])
            os.close(head)
            if not self._left.wait(_SAY_S):
                tell()

        threading.Thread(target=watch, name="fpray-head", daemon=True).start()

    def _has_head(self) -> bool:
        """Whether the head can be reached, by and by."""
        for _ in range(_HEAD_TRIES):
            if _answers(_gcs_address()):
                return True
            time.sleep(1)
        return False

    def _has_anchor(self) -> bool:
        """Whether the anchor lives, or there is none yet."""
        import ray
        from ray.exceptions import GetTimeoutError, RayError

        if self._anchor is None:
            return True
        try:
            ray.get(self._anchor[0].address.remote(), timeout=_ANCHOR_S)
        except GetTimeoutError:
            return True  # slow is not gone
        except RayError:
            return False
        return True

    def recover(self, hosts: Collection[str], lane: int = 0) -> None:
        """Forget the actors of some machines (of a lane), and look who lives: where one was lost, none is trusted.

        The actors of other machines go on; trials use them. An embedded Ray whose raylet is gone is replaced.
        """
        import ray

        with self._lock:
            if not self.embedded and not self._has_head():
                raise FprayError(self.head_is_gone())
            forgotten = [key for key in self._actors if key[1] in hosts and key[2] == lane]
            if not self._has_anchor():  # all keepers that held on to it have ended, and what they kept
                self._anchor = None
                heads = {machine.host for machine in self._machines.values() if machine.is_head}
                forgotten += [key for key in self._actors if key[1] not in heads and key not in forgotten]
            for key in forgotten:
                with contextlib.suppress(Exception):
                    ray.kill(self._actors.pop(key)[1])
            with contextlib.suppress(Exception):
                self.refresh()
            if self.embedded and not self._machines:
                self.__exit__()
                self._start_embedded()
                self.refresh()

    def _start_embedded(self) -> None:
        self._set_environment(_LEAN)
        if "ray" not in sys.modules:  # Ray reads the mode when it is imported, and keeps it
            _tokens.append(secrets.token_hex(16))
        if _tokens:
            # A token of our own, in memory: nobody else on this machine may submit to this Ray; no file is written.
            self._set_environment({"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": _tokens[0]})
        self._set_environment({"RAY_ADDRESS": None})
        import ray

        _sweep_private_directories()
        self._private = Path(tempfile.mkdtemp(prefix=f"{_PRIVATE}{os.getpid()}-", dir="/tmp"))
        _hush_raylets()
        with _interrupts_deferred():
            ray.init(
                address="local",
                include_dashboard=False,
                log_to_driver=False,
                logging_level="ERROR",
                configure_logging=False,
                _temp_dir=str(self._private),
                _node_ip_address=LOOPBACK,
            )
        _end_onlookers()

    def _set_environment(self, wanted: Mapping[str, str | None]) -> None:
        """Change variables until `__exit__`; Ray's processes inherit them."""
        for name, value in wanted.items():
            self._environment.setdefault(name, os.environ.get(name))
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value

    def _attach(self, address: str) -> None:
        told = "RAY_ADDRESS" if os.environ.get("RAY_ADDRESS") == address else "--address"
        if address.startswith("ray://"):
            raise refuse(f"{told} {address}", "is Ray Client, which fpray does not use: give HOST:PORT of the head")
        if _tokens:
            raise refuse(f"{told} {address}", "this Python has run a Ray of its own already: use a new process")
        self._set_environment({"RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"})
        # Ray itself would try for minutes before it says so.
        if re.fullmatch(r"[^/]+:[0-9]+", address) and not _answers(address):
            raise refuse(f"{told} {address}", "no Ray cluster answers there: nothing listens")
        import ray

        try:
            _hush_raylets()
            with _interrupts_deferred():
                ray.init(address=address, log_to_driver=False, logging_level="ERROR", configure_logging=False)
        except Exception as error:  # Ray raises RuntimeError, ConnectionError, ValueError and others here
            raise refuse(f"{told} {address}", f"no Ray cluster answers there: {first_line(error)}") from None


def _order(host: str) -> list[tuple[int, int | str]]:
    """10.0.0.9 comes before 10.0.0.10."""
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"[.:]", host)]


@contextlib.contextmanager
def _interrupts_deferred() -> Iterator[None]:
    """Note a signal while Ray starts, and act on it afterwards; a second one ends the process.

    An exception in the middle of `ray.init` can end in a segmentation fault. Ray also sets a handler of its own
    for SIGTERM, which exits: it means the same as ours.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    noted: list[int] = []

    def note(number: int, _frame: object) -> None:
        if noted:
            os._exit(130)
        noted.append(number)

    kept = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except SystemExit:
        noted.append(signal.SIGTERM)
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    if noted:
        handler = kept[signal.Signals(noted[0])]
        if callable(handler):
            handler(noted[0], None)
        raise KeyboardInterrupt


def _hush_raylets() -> None:
    """Keep what raylets remark off our standard output, which is JSON: `log_to_driver=False` is not about that."""
    from ray._private import worker

    worker.print_to_stdstream = lambda _data, ignore_prefix: None


def _end_onlookers() -> None:
    """End what an embedded Ray runs for nobody, and `ray.init` has no switch for.

    The log monitor takes 0.6 % of a core to read logs that nobody asked for, the autoscaler's monitor has nothing to
    scale, and the dashboard's head no dashboard: together they wake a hundred times a second.
    """
    from ray._private.worker import _global_node

    for end in ("kill_log_monitor", "kill_monitor", "kill_dashboard"):
        with contextlib.suppress(Exception):
            getattr(_global_node, end)(check_alive=False)


def _sweep_private_directories() -> None:
    """Remove what an embedded Ray whose driver was killed has left in /tmp."""
    for path in Path("/tmp").glob(f"{_PRIVATE}*"):
        pid = path.name.removeprefix(_PRIVATE).partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(path, ignore_errors=True)
