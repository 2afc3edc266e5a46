"""What a request would run, without Ray and without Java: plans as data, as text, and as one line."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from typing import Any

from fpray.driver.request import Request, check
from fpray.plan.capacity import heap_problems
from fpray.plan.cluster import LOOPBACK, Cluster
from fpray.plan.plan import Paths, Trial, build_plan, duration_in_words, planned_bytes, planned_seconds, process_count
from fpray.plan.words import number_of
from fpray.study.grid import grid_shape


def plans(request: Request) -> list[dict[str, Any]]:
    """The plan of every trial, with FrankenPaxos's ports and stand-in paths, its disk space and its time."""
    return list(_plans(request, check(request, plan_only=True)[2]))


def _plans(request: Request, trials: list[Trial[Any]]) -> Iterator[dict[str, Any]]:
    cluster = request.cluster()
    jar = request.jar if request.jar not in (None, "reference") else Paths().jar
    for number, trial in enumerate(trials, start=1):
        paths = Paths(f"/suite/{number:03d}", str(jar), request.java, request.jvm_args, request.flags)
        plan = build_plan(trial, cluster, paths=paths)
        extra = {"repeat": trial.repeat, "disk_bytes": planned_bytes(trial), "seconds": planned_seconds(trial)}
        yield plan.to_json() | extra


def text(request: Request) -> Iterator[str]:
    """The plans for people: every process with its address and command line, every file."""
    trials = check(request, plan_only=True)[2]
    for number, plan in enumerate(_plans(request, trials), start=1):
        disk, seconds = plan["disk_bytes"] / 1e6, duration_in_words(plan["seconds"])
        yield f"trial {number:03d} ({plan['trial']}) · about {seconds} · up to {disk:.0f} MB"
        for name, content in plan["files"].items():
            yield f"  {name}: " + " ".join(content.split())
        if request.cluster_file:
            labels: dict[str, list[str]] = {}
            for process in plan["processes"]:
                labels.setdefault(process["host"], []).append(process["label"])
            yield from (f"  machine {host}: {' '.join(here)}" for host, here in labels.items())
        for process in plan["processes"]:
            yield f"  stage {process['stage']} · {process['label']} at {process['host']}:{process['port']}"
            yield f"    {shlex.join(process['argv'])}"
    yield _summary(request, trials)


def summary_lines(request: Request) -> Iterator[str]:
    """`27 trials (3 x 3 x 3 repeats) · 15 to 17 processes each · 1 machine · about 6 min · up to 40 MB`.

    And, where no other machines are named, what this one has too little memory for.
    """
    protocol, _, trials = check(request)
    yield _summary(request, trials)
    if not request.cluster_file and not request.address:
        here = {LOOPBACK: int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))}
        for problem in heap_problems(protocol, [trial.params for trial in trials], Cluster(), here):
            yield f"this machine {problem.sentence}"


def _summary(request: Request, trials: list[Trial[Any]]) -> str:
    repeats = 1 + max((trial.repeat for trial in trials), default=0)
    shape = grid_shape(request.points.vary, repeats)
    counts = sorted({process_count(trial) for trial in trials})
    each = " to ".join(str(n) for n in dict.fromkeys((counts[0], counts[-1]))) if counts else "0"
    machines = len(request.cluster().addresses())
    words = [
        number_of(len(trials), "trial") + (f" ({shape})" if shape else ""),
        f"{each} processes each",
        number_of(machines, "machine"),
        f"about {duration_in_words(sum(map(planned_seconds, trials)))}{' one after the other' if machines > 1 else ''}",
        f"up to {sum(map(planned_bytes, trials)) / 1e6:.0f} MB",
    ]
    return " · ".join(words)
