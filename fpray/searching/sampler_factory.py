"""The samplers that `--sampler` names: fpray's own, and those of Optuna."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

from optuna import samplers
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.samplers import BaseSampler

from fpray.errors import Cause, Problem, nearest
from fpray.peak_sampler.distributions import along
from fpray.peak_sampler.goals import Goal
from fpray.peak_sampler.sampler import PeakSampler
from fpray.searching.options import SEEDS
from fpray.searching.problem import SearchProblem
from fpray.searching.space import Space

OURS = "ours"
_CMA_DIMENSIONS = 2  # it needs at least so many
_GRID_VALUES = 12  # of a long range

_MAKERS: dict[str, Callable[[SearchProblem, int], BaseSampler]] = {
    OURS: lambda p, seed: PeakSampler(p.goals, p.bounds, loops=p.point_facts.loops, seed=seed, allowed=p.allowed),
    "tpe": lambda p, seed: samplers.TPESampler(seed=seed, multivariate=True, group=p.space is None),
    "gp": lambda _, seed: samplers.GPSampler(seed=seed, warn_independent_sampling=False),
    "random": lambda _, seed: samplers.RandomSampler(seed=seed),
    "grid": lambda p, seed: samplers.GridSampler(grid_values(p.space or {}), seed=seed),
    "qmc": lambda _, seed: samplers.QMCSampler(seed=seed, scramble=True, warn_independent_sampling=False),
    "brute-force": lambda _, seed: samplers.BruteForceSampler(seed=seed),
    "nsga2": lambda _, seed: samplers.NSGAIISampler(seed=seed, population_size=10),
    "nsga3": lambda _, seed: samplers.NSGAIIISampler(seed=seed, population_size=10),
    "cma-es": lambda _, seed: samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False),
}
_NEEDS = {"gp": ("torch", "scipy"), "qmc": ("scipy",), "cma-es": ("cmaes",)}
# The choices of these depend on nothing but the study. They are made anew for each trial, so an interrupted search
# asks for what it would have asked for. The others remember their place themselves, or in the study.
_STATELESS = ("tpe", "gp", "random", "brute-force")
LISTING = ("grid", "brute-force")  # these come to an end
NAMES = tuple(_MAKERS)


def sampler_problems(name: str, space: Space | None, goals: Sequence[Goal]) -> list[Problem]:
    """Why a sampler cannot be used for a search: it is unknown, lacks a package, or does not fit the search."""
    about = f"--sampler {name}"
    if name not in _MAKERS:
        return [Problem(about, f"must be one of {', '.join(NAMES)}{nearest(name, NAMES)}", Cause.SAMPLER)]
    problems = []
    if missing := [package for package in _NEEDS.get(name, ()) if find_spec(package) is None]:
        message = f"needs {' and '.join(missing)}, which fpray does not install: run pip install {' '.join(missing)}"
        problems.append(Problem(about, message, Cause.SAMPLER))
    if name == "grid" and space is None:
        why = "its suggest function chooses the values of each trial"
        message = f"needs values in --space, but this study takes none: {why}. Remove --sampler grid"
        problems.append(Problem(about, message, Cause.SAMPLER))
    if name == "cma-es" and len(goals) > 1:
        problems.append(
            Problem(about, "works with one goal only: remove --sampler cma-es, or all goals but one", Cause.SAMPLER)
        )
    if (
        name == "cma-es"
        and sum(not isinstance(d, CategoricalDistribution) for d in (space or {}).values()) < _CMA_DIMENSIONS
    ):
        problems.append(
            Problem(
                about,
                f"needs at least {_CMA_DIMENSIONS} parameters with a range in --space: add one, or remove --sampler",
                Cause.SAMPLER,
            )
        )
    endless = [key for key, d in (space or {}).items() if isinstance(d, FloatDistribution) and d.step is None]
    if name == "brute-force" and endless:
        problems.append(
            Problem(
                about,
                f"tries every value, but {endless[0]} has infinitely many: give it a step, such as"
                f" --space {endless[0]}=0..1:step=0.1",
                Cause.SAMPLER,
            )
        )
    return problems


class SamplerPerTrial:
    """The sampler of a name: one for all trials, or, if it has no state of its own, a new one for each trial."""

    def __init__(self, name: str, problem: SearchProblem, seed: int) -> None:
        self._name, self._problem, self._seed = name, problem, seed
        self._lasting = None if name in _STATELESS else _MAKERS[name](problem, seed)

    def sampler(self, number: int) -> BaseSampler:
        """The sampler that chooses the trial of a number, from 0."""
        if self._lasting is not None:
            return self._lasting
        return _MAKERS[self._name](self._problem, (self._seed + number) % SEEDS)


def grid_values(space: Space) -> dict[str, list[Any]]:
    """The values that a grid tries: all of a short range, twelve that are spread over a long one."""
    return {key: along(distribution, _GRID_VALUES) for key, distribution in space.items()}
