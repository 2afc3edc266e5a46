"""`fpray.sweep(...)` and `fpray.search(...)`: from a script or a notebook, with the words of the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar

from fpray.driver.request import Request, TrialSelection, parse_flags, parse_jvm_args
from fpray.driver.session import SweepResult, run_sweep
from fpray.errors import Problem
from fpray.plan.placement_policy import parse_place
from fpray.study.grid import split_values

if TYPE_CHECKING:
    from fpray.searching.run import SearchResult

Result = TypeVar("Result", bound=SweepResult)
_NONE: Mapping[str, Any] = {}


def sweep(
    protocol: str,
    *,
    study: str | PathLike[str] = "smoke",
    vary: Mapping[str, Sequence[Any] | str] = _NONE,
    set: Mapping[str, Any] = _NONE,
    repeat: int | None = None,
    log_level: str | None = None,
    suite_directory: str | PathLike[str] = "./suites",
    jar: str | PathLike[str] | None = None,
    java: str | PathLike[str] = "java",
    jvm_arg: str | Sequence[str] = (),
    flags: str | Sequence[str] = (),
    cluster: str | PathLike[str] | None = None,
    place: str | Sequence[str] = (),
    address: str | None = None,
    local: bool = False,
    scratch: str | PathLike[str] | None = None,
    raw: str = "keep",
    monitor: bool = False,
    profile: bool = False,
    new: bool = False,
    rerun: str | Sequence[str] = (),
    accept_change: bool = False,
    parallel: int | None = None,
    share_machines: bool = False,
    order: str | None = None,
    pilot: bool = False,
    retries: int | None = None,
    keep_going: bool = False,
    notify: str | Sequence[str] = (),
) -> SweepResult:
    """Run a sweep, as `fpray sweep` does, and return what it came to.

    `vary` maps a parameter to its values, `set` to one value; Python values and the command line's text both
    work: `sweep("multipaxos", vary={"num_proxy_leaders": [2, 3, 4]}, set={"duration": "5s"}).table().to_pandas()`.

    Raises:
        Refused: nothing was started; the text lists every problem.
        FprayError: the sweep could not go on. What was finished stays finished: call again to carry on.
        KeyboardInterrupt: interrupted; nothing is running any more.
    """
    said = locals()
    if repeat is not None:
        repeat = int(repeat)
    asked = {"monitored": monitor, "profiled": profile}
    points = TrialSelection(
        protocol,
        str(study),
        {name: _values(listed) for name, listed in vary.items()},
        {**{name: True for name, wanted in asked.items() if wanted}, **set},
        repeat,
        log_level,
    )
    return _returned(
        run_sweep(Request(points, rerun=tuple(_listed(rerun)), order=order, pilot=pilot, **_common("sweep", said)))
    )


def search(
    protocol: str,
    *,
    study: str | PathLike[str] = "smoke",
    maximize: str | Sequence[str] = (),
    minimize: str | Sequence[str] = (),
    subject_to: str | Sequence[str] = (),
    space: Mapping[str, Any] = _NONE,
    sampler: str = "ours",
    storage: str | None = None,
    stop_at: float | None = None,
    confirm: int | None = None,
    budget_trials: int | None = None,
    budget_minutes: float | None = None,
    budget_dollars: float | None = None,
    price_per_machine_hour: float | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] = _NONE,
    log_level: str | None = None,
    suite_directory: str | PathLike[str] = "./suites",
    jar: str | PathLike[str] | None = None,
    java: str | PathLike[str] = "java",
    jvm_arg: str | Sequence[str] = (),
    flags: str | Sequence[str] = (),
    cluster: str | PathLike[str] | None = None,
    place: str | Sequence[str] = (),
    address: str | None = None,
    local: bool = False,
    scratch: str | PathLike[str] | None = None,
    raw: str = "keep",
    new: bool = False,
    accept_change: bool = False,
    parallel: int | None = 1,
    share_machines: bool = False,
    retries: int | None = None,
    keep_going: bool = False,
    notify: str | Sequence[str] = (),
) -> SearchResult:
    """Look for the best configuration, as `fpray search` does, and return the answer with all that led to it.

    `space` maps a parameter to the command line's text (`"1..1024:log"`), to a list of values, a `range` or an Optuna
    distribution: `search("unreplicated", maximize="measured.throughput", subject_to="measured.latency.p99_ms<=1",
    space={"num_clients_per_proc": "1..256:log"}).answer.best`.

    Raises:
        Refused: nothing was started; the text lists every problem.
        FprayError: the search could not go on. What was finished stays finished: call again to carry on.
        KeyboardInterrupt: interrupted; nothing is running any more.
    """
    said = locals()
    from fpray.searching.request import SearchRequest
    from fpray.searching.run import run_search

    request = SearchRequest(
        TrialSelection(protocol, str(study), {}, set, None, log_level),
        maximize=_listed(maximize),
        minimize=_listed(minimize),
        subject_to=_listed(subject_to),
        space=space,
        sampler=sampler,
        storage=storage,
        seed=seed,
        stop_at=stop_at,
        confirm=confirm,
        budget_trials=budget_trials,
        budget_minutes=budget_minutes,
        budget_dollars=budget_dollars,
        price_per_machine_hour=price_per_machine_hour,
        **_common("search", said),
    )
    return _returned(run_search(request))


def _common(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """What every request is made of, from what a function of this module was called with."""
    words = [f"{key}={value!r}" for key, value in said.items() if key != "protocol" and value]
    jvm_args, problems = parse_jvm_args(_listed(said["jvm_arg"]))
    added, wrong = parse_flags(_listed(said["flags"]))
    place, wrong_place = parse_place(_listed(said["place"]))
    problems += [*wrong, *wrong_place]
    if said["raw"] not in ("keep", "drop"):
        problems.append(Problem(f"raw={said['raw']!r}", "is neither 'keep' nor 'drop'"))
    return {
        "suite_directory": str(said["suite_directory"]),
        "jar": _text(said["jar"]),
        "java": str(said["java"]),
        "jvm_args": jvm_args,
        "flags": added,
        "place": place,
        "wrong_words": tuple(problems),
        "cluster_file": _text(said["cluster"]),
        "address": said["address"],
        "local": said["local"],
        "scratch": _text(said["scratch"]),
        "keep_raw": said["raw"] == "keep",
        "new": said["new"],
        "accept_change": said["accept_change"],
        "parallel": said["parallel"],
        "share_machines": said["share_machines"],
        "retries": said["retries"],
        "keep_going": said["keep_going"],
        "notify": tuple(_listed(said["notify"])),
        "command": f"fpray.{name}({', '.join([repr(said['protocol']), *words])})",
    }


def _text(path: str | PathLike[str] | None) -> str | None:
    return None if path is None else str(path)


def _returned(result: Result) -> Result:
    if result.interrupted:
        raise KeyboardInterrupt
    return result


def _listed(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def _values(listed: Any) -> list[Any]:
    """The values of one varied parameter: a sequence, one value, or the command line's text."""
    if isinstance(listed, str):
        return split_values(listed)
    return list(listed) if isinstance(listed, Iterable) and not isinstance(listed, Mapping) else [listed]
