"""A suite for the time of a run: what is decided last of an experiment is added to it, and its suite is held."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from fpray.driver.choose_suite import Unfinished, choose_suite
from fpray.driver.experiment import Experiment
from fpray.driver.named_jar import main_classes
from fpray.driver.rare_collections import rare_collections
from fpray.errors import refuse_if_any
from fpray.files import layout
from fpray.jar.find import REFERENCE, find_jar, main_class_problems
from fpray.report.text import say
from fpray.store.suite import Suite

Checked = TypeVar("Checked", bound=Experiment)


@contextlib.contextmanager
def held_suite(experiment: Checked, unfinished: Unfinished | None = None) -> Iterator[tuple[Checked, Suite]]:
    """The experiment with its jar and the addresses of its machines, and its suite, which no other process uses.

    unfinished: see `choose_suite`.

    Raises:
        Refused: nothing was started.
    """
    experiment = _with_jar(_with_addresses(experiment))
    with rare_collections():
        suite = choose_suite(experiment, unfinished)
        with suite.held():
            for directory in suite.path.glob(f"{layout.ARRIVALS}*"):  # a driver was killed while files arrived
                shutil.rmtree(directory, ignore_errors=True)
            yield experiment, suite


def _with_jar(experiment: Checked) -> Checked:
    """The experiment with its jar, built if it is the reference jar and need be.

    Raises:
        Refused: it cannot be built, or does not run the protocol.
    """
    environment = experiment.environment
    if not environment.jar.reference:
        return experiment
    jar = find_jar(REFERENCE, environment.java, say)
    refuse_if_any(main_class_problems(jar, main_classes(experiment.protocol, experiment.trials)))
    return replace(experiment, environment=replace(environment, jar=jar))


def _with_addresses(experiment: Checked) -> Checked:
    """The experiment with addresses in place of names of machines; they are looked up when something is to run.

    Raises:
        Refused: a name has no address.
    """
    where = experiment.where
    return replace(experiment, where=replace(where, inventory=where.inventory.with_addresses()))
