"""What a command that runs trials finds out before it asks a machine: its jar, its suite, where its driver runs."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fpray.cluster.launcher import Launcher
from fpray.cluster.ray_address import EnvironmentAddress, address_problem, name_of
from fpray.driver.check import Means, check
from fpray.driver.experiment import Experiment, Where
from fpray.driver.head import belongs_here
from fpray.driver.named_jar import named_jar
from fpray.driver.named_suite import suite_of
from fpray.driver.options import SweepOptions
from fpray.driver.read_options import Words, collect
from fpray.errors import Cause, Problem
from fpray.files.paths import GivenPath
from fpray.metrics.programs import program_problems
from fpray.plan.plan import Trial
from fpray.protocol.protocol import Protocol


def check_sweep(protocol: str, words: Mapping[str, Any], command: str = "") -> Experiment:
    """The experiment that `fpray sweep` or `fpray.sweep` was asked for.

    Raises:
        Refused: with every problem at once.
    """
    return check(Words.read(SweepOptions, protocol, words, command), find_means=find_means)


def find_means(words: Words, where: Where, protocol: Protocol[Any] | None, trials: Sequence[Trial[Any]]) -> Means:
    """What running trials needs; what is wrong with it is noted among the problems of the words."""
    where = replace(where, environment_address=EnvironmentAddress.read())
    where, values = replace(where, remote=_needs_head(where)), words.values
    jar = collect(words.problems, lambda: named_jar(values["jar"], protocol, trials)) if protocol is not None else None
    if not where.remote and any(trial.params.monitored for trial in trials):
        words.problems += program_problems(values["prometheus"])
    words.problems += _address_problems(where)
    words.problems += _platform_problems()
    suite, path = None, values["suite_directory"]
    if not where.remote and isinstance(path, GivenPath):  # the disk of the head is not seen here
        suite = collect(words.problems, lambda: suite_of(path, is_new=values["new"]))
    return Means(where, jar, suite)


def _needs_head(where: Where) -> bool:
    """Whether a launcher configuration names a cluster to which this machine does not belong."""
    has_cluster = where.address is not None or where.environment_address not in (None, "local")
    if not isinstance(where.inventory, Launcher) or has_cluster:
        return False
    return not belongs_here(where.inventory, where.environment_address)


def _address_problems(where: Where) -> Iterator[Problem]:
    """An address at which no head of a Ray cluster can be; whether one answers is seen at the start."""
    address = where.ray
    if address and address != "local" and not where.local and (sentence := address_problem(address)):
        yield Problem(name_of(address), sentence, Cause.RAY_CLUSTER)


def _platform_problems() -> list[Problem]:
    """Running trials needs Linux; reading, planning and showing do not."""
    if platform.system() == "Linux":
        return []
    sentence = (
        "trials run on Linux only: run this command on a Linux machine. On this machine you can use fpray plan, fpray"
        " protocols and fpray show"
    )
    return [Problem(platform.system(), sentence, Cause.PLATFORM)]
