"""The speed of the reference jar, beside published figures, a TCP echo, a hello-world JVM and other jars."""

from __future__ import annotations

import subprocess
import time
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import plain
from bench.common import BenchError, Row, Settings, median, safely, say
from fpray.jar.find import sha256
from fpray.node import ports
from fpray.plan.cluster import LOOPBACK
from fpray.plan.plan import Process

# The bounds of two ratios. Both leave room for a busy machine: they are there to find a jar that has become slow.
MOST_ECHOES = 1.5  # the median latency of unreplicated, in round trips of a plain TCP echo; measured: 0.1
MOST_HELLOS = 3.0  # the time until a server listens, in whole runs of a hello-world JVM; measured: 1.6 to 1.8
_HEAP = ("-Xms100m", "-Xmx100m")


@dataclass(frozen=True)
class Load:
    """A number of closed loops, and what FrankenPaxos's jar reached with them on a machine of this kind."""

    protocol: str
    loops: int
    throughput: float
    median_ms: float

    @property
    def name(self) -> str:
        """Its text in the table."""
        return f"{self.protocol} at {self.loops} closed loop{'s' if self.loops > 1 else ''}"


POINTS = (
    Load("unreplicated", 1, 28_000, 0.029),
    Load("unreplicated", 10, 70_000, 0.10),
    Load("unreplicated", 100, 63_500, 0.81),
    Load("multipaxos", 1, 540, 1.1),
    Load("multipaxos", 10, 1_470, 4.2),
    Load("multipaxos", 100, 5_800, 12.5),
)


def measure(settings: Settings) -> list[Row]:
    """The rows of all points, of the echo, and of readiness."""
    parts = {point.name: partial(_point, point, settings) for point in POINTS}
    parts |= {"echo": partial(_echo, settings), "readiness": partial(_readiness, settings)}
    return [row for name, part in parts.items() for row in safely(part, name)]


def _point(point: Load, settings: Settings) -> list[Row]:
    ours = _at(point, settings, settings.jar, "reference")
    say(f"{point.name}: {ours.throughput:,.0f}/s")
    rows = [
        Row(
            point.name,
            f"{ours.throughput:,.0f}/s, median {ours.median_ms:.4f} ms",
            f"> {point.throughput:,.0f}/s; published {point.median_ms} ms",
            ours.throughput > point.throughput,
            {"throughput": ours.throughput, "median_ms": ours.median_ms, "published": vars(point)},
        )
    ]
    if settings.other is None:
        return rows
    if f"frankenpaxos/{point.protocol}/ClientMain.class" not in zipfile.ZipFile(settings.other).namelist():
        return [*rows, Row(f"  {settings.other.name}", f"has no {point.protocol}")]
    theirs = _at(point, settings, settings.other, "other")
    return [
        *rows,
        Row(
            f"  {settings.other.name} (sha {sha256(settings.other)[:8]})",
            f"{theirs.throughput:,.0f}/s, median {theirs.median_ms:.4f} ms; the reference jar gives"
            f" {ours.throughput / theirs.throughput:.2f} times the throughput at"
            f" {ours.median_ms / theirs.median_ms:.2f} times the latency",
            "",
            None,
            {"throughput": theirs.throughput, "median_ms": theirs.median_ms},
        ),
    ]


def _at(point: Load, settings: Settings, jar: Path, name: str) -> plain.Numbers:
    return _run(point.protocol, point.loops, settings, jar, f"jar_{name}_{point.protocol}_{point.loops}")


def _run(protocol: str, loops: int, settings: Settings, jar: Path, name: str) -> plain.Numbers:
    """One run by the plain script at log level fatal."""
    warm_up, seconds = settings.pick(3, 1), settings.pick(4, 2)
    levels = {f"{role}_log_level": "fatal" for role in _roles(protocol)}
    trial = plain.the_trial(
        plain.points(
            protocol,
            # unreplicated runs one closed loop more than configured, as the original does
            num_clients_per_proc=loops - 1 if protocol == "unreplicated" else loops,
            num_warmup_clients_per_proc=loops - 1 if protocol == "unreplicated" else loops,
            warmup_duration=f"{warm_up}s",
            warmup_timeout=f"{warm_up + 5}s",
            duration=f"{seconds}s",
            timeout=f"{seconds + 5}s",
            **levels,
        )
    )
    return plain.run(trial, settings.scratch / name, jar, settings.java).numbers()


def _roles(protocol: str) -> list[str]:
    return [role.name for role in plain.the_trial(plain.points(protocol)).protocol.roles]


def _echo(settings: Settings) -> list[Row]:
    """Unreplicated with one closed loop and a plain TCP echo, in turn."""
    rounds = settings.pick(5, 3)
    ours, echoes = [], []
    for i in range(rounds):
        echoes.append(_echo_ms(settings))
        ours.append(_run("unreplicated", 1, settings, settings.jar, f"echo_{i}").median_ms)
        say(f"unreplicated {ours[-1]:.4f} ms, echo {echoes[-1]:.4f} ms")
    times = median(ours) / median(echoes)
    return [
        Row(
            "unreplicated at 1 loop / a plain Java TCP echo",
            f"{median(ours):.4f} ms / {median(echoes):.4f} ms = {times:.2f} (medians of {rounds} runs each, in turn)",
            f"<= {MOST_ECHOES}",
            times <= MOST_ECHOES,
            {"ours_ms": ours, "echo_ms": echoes},
        )
    ]


def _echo_ms(settings: Settings) -> float:
    """The median round trip of the plain echo."""
    (port,) = ports.free_ports(LOOPBACK, 1, 31_000)
    java = [settings.java, *_HEAP, "-cp", str(settings.jar)]
    server = subprocess.Popen([*java, "fpray.bench.EchoServer", LOOPBACK, str(port)])
    try:
        deadline = time.monotonic() + 30
        while port not in {listener.port for listener in ports.listeners()}:
            if time.monotonic() > deadline:
                raise BenchError("the echo server does not listen")
            time.sleep(0.01)
        seconds = str(settings.pick(7, 3))  # as long as the run beside it, warm-up included
        client = [*java, "fpray.bench.EchoClient", LOOPBACK, str(port), seconds]
        output = subprocess.run(client, capture_output=True, text=True, check=True).stdout
    finally:
        server.terminate()
        server.wait()
    return int(dict(line.split() for line in output.splitlines())["median_nanos"]) / 1e6


def _readiness(settings: Settings) -> list[Row]:
    """The time from exec until unreplicated's server listens, and a whole hello-world run, in turn."""
    rounds = settings.pick(15, 11)
    trial = plain.the_trial(plain.points("unreplicated"))
    hello = [settings.java, *_HEAP, "-cp", str(settings.jar), "fpray.bench.Hello"]
    ready, whole = [], []
    for i in range(rounds):
        directory = settings.scratch / f"ready_{i}"
        plan = plain.plan_into(trial, directory, settings.jar, settings.java)
        ready.append(_ready_s(plan.of_kind("server"), directory))
        began = time.monotonic()
        subprocess.run(hello, capture_output=True, check=True)
        whole.append(time.monotonic() - began)
    times = median(ready) / median(whole)
    say(f"readiness: {times:.2f} times a hello-world JVM")
    return [
        Row(
            "the server listens / a hello-world JVM ends",
            f"{1000 * median(ready):.0f} ms / {1000 * median(whole):.0f} ms = {times:.2f} (medians of {rounds})",
            f"<= {MOST_HELLOS}",
            times <= MOST_HELLOS,
            {"ready_s": ready, "hello_s": whole},
        )
    ]


def _ready_s(servers: list[Process], directory: Path) -> float:
    running: list[subprocess.Popen[bytes]] = []
    began = time.monotonic()
    try:
        running += [plain.start(process, directory) for process in servers]
        plain.wait_until_all_listen(servers, running, directory, look_s=0.001)
        return time.monotonic() - began
    finally:
        plain.stop(running)
