"""Which instruments join trials: the usual ones, and those that the user names (entry points: name -> factory)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any

from fpray.errors import Cause, Problem, nearest, refuse_if_any
from fpray.plan.plan import Trial
from fpray.trial.cpu_watch import CpuWatch
from fpray.trial.instruments import Instrument

GROUP = "fpray.instruments"


def usual_instruments(values: Mapping[str, Any], trials: Sequence[Trial[Any]] = ()) -> list[Instrument]:
    """What joins every trial, and is not named by `--instrument`.

    values: of the options, by which it is adjusted; trials: like those that will run. What none of them asks for is
    not imported: `fpray plan` must not pay for it.
    """
    usual: list[Instrument] = [CpuWatch()]
    if not values.get("no_samples"):
        from fpray.samples.machine_samples import MachineSamples  # `fpray plan` has no use for it

        usual.append(MachineSamples())
    if True in {trial.params.profiled for trial in trials}:
        from fpray.profiles.instrument import Profiles

        usual.append(Profiles(values.get("profiler")))
    if True in {trial.params.monitored for trial in trials}:
        from fpray.metrics.monitoring import Monitoring

        usual.append(Monitoring(values["prometheus"]))
    return usual


def find_instruments(names: Sequence[str]) -> list[Instrument]:
    """The instruments with these names, each made by its factory, which takes no arguments.

    Raises:
        Refused: there is no such instrument (with the nearest name), or one cannot be made.
    """
    if not names:  # to read the entry points opens a file of each package that is installed
        return []
    points = {point.name: point for point in entry_points(group=GROUP)}
    choices = (
        f"installed: {', '.join(sorted(points))}"
        if points
        else "none is installed: remove the option, or install one (docs/instruments.md)"
    )
    problems, instruments = [], []
    for name in dict.fromkeys(names):
        about = f"--instrument {name}"
        if name not in points:
            problems.append(
                Problem(
                    about,
                    f"there is no such instrument (program that measures more){nearest(name, points)}; {choices}",
                    Cause.INSTRUMENT,
                )
            )
            continue
        try:
            instruments.append(points[name].load()())
        except Exception as error:  # another package's code
            problems.append(
                Problem(
                    about,
                    f"cannot be used: its Python code {points[name].value} fails with {type(error).__name__}:"
                    f" {error}. Correct that code, or remove the option",
                    Cause.INSTRUMENT,
                )
            )
    refuse_if_any(problems)
    return instruments
