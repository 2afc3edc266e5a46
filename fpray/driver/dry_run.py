"""What an experiment would run, without Ray and without Java: plans as data, as text, and as one line."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fpray.driver.experiment import Experiment
from fpray.driver.option_texts import MOST_REPEATS
from fpray.files.printable import command_words
from fpray.plan.capacity import heap_problems
from fpray.plan.cluster import LOOPBACK, Cluster
from fpray.plan.command_line import Paths
from fpray.plan.estimate import planned_bytes, planned_seconds, process_count, processes_each
from fpray.plan.plan import build_plan
from fpray.plan.words import duration_in_words, number_of
from fpray.study.grid import grid_shape
from fpray.trial.extension import extend_for_show

_LONGEST = 10_000  # characters of a file that are shown whole


def plans(experiment: Experiment) -> Iterator[dict[str, Any]]:
    """The plan of every trial, with FrankenPaxos's ports and stand-in paths, its disk space and its time."""
    environment = experiment.environment
    cluster = replace(experiment.where.inventory.expected_machines(), policy=environment.placement_policy)
    for number, trial in enumerate(experiment.trials, start=1):
        jar, directory = str(environment.jar.path), f"/suite/{number:03d}"
        paths = Paths(directory, jar, environment.java, environment.jvm_args, environment.flags)
        own_plan = build_plan(trial, cluster, paths=paths)
        plan, _ = extend_for_show(own_plan, trial, cluster, paths, experiment.instruments)
        extra = {"repeat": trial.repeat, "disk_bytes": planned_bytes(trial), "seconds": planned_seconds(trial)}
        yield plan.to_json() | extra


def text(experiment: Experiment) -> Iterator[str]:
    """The plans for people: every process with its address and command line, every file."""
    yield from experiment.outputs.remarks
    for number, plan in enumerate(plans(experiment), start=1):
        disk, seconds = plan["disk_bytes"] / 1e6, duration_in_words(plan["seconds"])
        yield f"trial {number:03d} ({plan['trial']}) · about {seconds} · up to {disk:.0f} MB of disk space"
        for name, content in plan["files"].items():
            yield f"  {name}: {_in_one_line(content)}"
        if experiment.where.file is not None:
            labels: dict[str, list[str]] = {}
            for process in plan["processes"]:
                labels.setdefault(process["host"], []).append(process["label"])
            yield from (f"  machine {host}: {' '.join(of_host)}" for host, of_host in labels.items())
        for process in plan["processes"]:
            yield f"  start stage {process['stage']} · {process['label']} at {process['host']}:{process['port']}"
            yield f"    {command_words(process['argv'])}"
    yield _summary(experiment)


def summary_lines(experiment: Experiment) -> Iterator[str]:
    """`27 trials (3 x 3 x 3 repeats) · 15 to 17 processes each · 1 machine · about 6 min · up to 40 MB of disk`.

    And, where no other machines are named, what this one has too little memory for.
    """
    yield from experiment.outputs.remarks
    yield _summary(experiment)
    if experiment.where.file is None and experiment.where.address is None:
        memory = {LOOPBACK: int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))}
        points = [trial.params for trial in experiment.trials]
        for problem in heap_problems(experiment.protocol, points, Cluster(), memory):
            yield f"this machine {problem.sentence}"


def _outputs_words(experiment: Experiment) -> str:
    """How much more it is at most: processes that log much are rare, and nothing tells them in advance."""
    most = sum(map(process_count, experiment.trials)) * 2 * experiment.outputs.max_output
    return f"logs of up to {most / 1e9:,.3g} GB in total (--max-output lowers this)"


def _shape(experiment: Experiment, repeats: int) -> str:
    """The factors of the number of trials; nothing where it is no product."""
    points, vary = experiment.study.points, experiment.selection.vary
    sizes = [len({repr(point.get(key)) for point in points}) for key in vary]
    own = len(points) // max(1, math.prod(sizes))
    if math.prod(sizes) * own * repeats != len(experiment.trials):
        return ""
    return grid_shape(([f"{own} points"] if own > 1 and vary else []) + list(map(str, sizes)), repeats)


def _in_one_line(content: str) -> str:
    """The content of a file; of a very long one its beginning, because `--json` has all of it."""
    text = " ".join(content.split())
    return text if len(text) <= _LONGEST else f"{text[:200]} ... ({len(content):,} characters; --json shows all)"


def _summary(experiment: Experiment) -> str:
    trials = experiment.trials
    repeats = 1 + max((trial.repeat for trial in trials), default=0)
    shape = _shape(experiment, repeats)
    machines = len(experiment.where.inventory.expected_machines().addresses())
    once = [trial for trial in trials if trial.repeat == 0]  # the other rounds are equal
    each_s, each_bytes = sum(map(planned_seconds, once)), sum(map(planned_bytes, once))
    count = number_of(len(trials), "trial") + (f" ({shape})" if shape else "")
    seconds, most = duration_in_words(repeats * each_s), repeats
    if (until := experiment.selection.until) is not None:
        most = experiment.selection.repeat_at_most or MOST_REPEATS
        count += f", and up to {len(once) * most} until each throughput is known to {until * 100:.2g} %"
        seconds += f" to {duration_in_words(most * each_s)}"
    words = [
        count,
        processes_each(once),
        number_of(machines, "machine"),
        f"about {seconds}{' if all trials run one after the other' if machines > 1 else ''}",
        f"up to {most * each_bytes / 1e6:.0f} MB of disk space for the suite",
        _outputs_words(experiment),
    ]
    return " · ".join(words)
