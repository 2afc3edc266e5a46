"""Why the trials of a request cannot run on the machines that are named: too many processes, too few machines, no jar.

The driver asks again when it knows the machines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fpray.driver.option import named
from fpray.driver.options import BaseOptions
from fpray.driver.selection import Selected
from fpray.errors import Cause, Problem
from fpray.plan.capacity import region_problems
from fpray.plan.cluster import Cluster
from fpray.plan.estimate import process_count
from fpray.plan.placement import placement_problems, shape
from fpray.plan.plan import Trial
from fpray.protocol.protocol import Protocol

MOST_PROCESSES = 10_000


def trial_problems(choice: Selected, cluster: Cluster, *, is_listed: bool, plan_only: bool) -> list[Problem]:
    """Trials that are too large for any cluster, or for the machines that are named.

    is_listed: whether a file lists the machines of the cluster.
    """
    most = max((process_count(trial) for trial in choice.trials if trial.repeat == 0), default=0)
    if most > MOST_PROCESSES:
        return [
            Problem(
                f"{most} processes",
                f"are too many for one trial: at most {MOST_PROCESSES} are possible. Lower its parameters num_*",
                Cause.MACHINES,
            )
        ]
    problems = []
    # Without a cluster file, a sweep's machines are known later, and a plan's stand for any.
    if is_listed or plan_only:
        problems += cluster_problems(choice.protocol, choice.trials, cluster)
    if is_listed or not plan_only:
        points = [trial.params for trial in choice.trials]
        problems += region_problems(choice.study.regions, choice.protocol, points, cluster)
    return problems


def cluster_problems(protocol: Protocol[Any], trials: Sequence[Trial[Any]], cluster: Cluster) -> list[Problem]:
    """Why the cluster has no place for a trial even when all of its machines are free, if so."""
    shapes = {shape(protocol, trial.params): trial for trial in trials}  # of thousands of trials, a few
    largest = sorted(shapes.values(), key=process_count, reverse=True)
    problems = [problem for trial in largest for problem in placement_problems(protocol, trial.params, cluster)]
    return list({problem.about: problem for problem in reversed(problems)}.values())[::-1]  # each pool's worst


def jar_problems(machines: int, *, has_name: bool) -> list[Problem]:
    """Several machines run no jar that is chosen by default."""
    if machines < 2 or has_name:
        return []
    sentence = f"is required for a sweep on several machines ({machines} here): name your jar, such as"
    sentence = f"{sentence} -j frankenpaxos.jar, or write -j reference for fpray's small example jar"
    return [Problem(named(BaseOptions, "jar").spellings, sentence, Cause.JAR)]
