"""`fpray.sweep(...)`: the sweep from a script or a notebook, with the words of the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fpray.errors import Problem
from fpray.mainloop import SweepResult, run_sweep
from fpray.request import Points, Request, parse_flags, parse_jvm_args
from fpray.study import split_values

_NONE: Mapping[str, Any] = {}


def sweep(
    protocol: str,
    *,
    study: str = "smoke",
    vary: Mapping[str, Sequence[Any] | str] = _NONE,
    set: Mapping[str, Any] = _NONE,
    repeat: int | None = None,
    log_level: str | None = None,
    suite_directory: str = "./suites",
    jar: str | None = None,
    java: str = "java",
    jvm_arg: str | Sequence[str] = (),
    flags: str | Sequence[str] = (),
    cluster: str | None = None,
    address: str | None = None,
    local: bool = False,
    raw: str = "keep",
    monitor: bool = False,
    profile: bool = False,
    new: bool = False,
    rerun: str | Sequence[str] = (),
    accept_change: bool = False,
) -> SweepResult:
    """Run a sweep, as `fpray sweep` does, and return what it came to.

    `vary` maps a parameter to its values, `set` to one value; Python values and the command line's text both
    work: `sweep("multipaxos", vary={"num_proxy_leaders": [2, 3, 4]}, set={"duration": "5s"}).table().to_pandas()`.

    Raises:
        Refused: nothing was started; the text lists every problem.
        FprayError: the sweep could not go on. What was finished stays finished: call again to carry on.
        KeyboardInterrupt: interrupted; nothing is running any more.
    """
    if repeat is not None:
        repeat = int(repeat)
    words = [f"{name}={value!r}" for name, value in locals().items() if name != "protocol" and value]
    asked = {"monitored": monitor, "profiled": profile}
    jvm_args, problems = parse_jvm_args(_listed(jvm_arg))
    added, wrong = parse_flags(_listed(flags))
    problems += wrong
    if raw not in ("keep", "drop"):
        problems.append(Problem(f"raw={raw!r}", "is neither 'keep' nor 'drop'"))
    points = Points(
        protocol,
        study,
        {name: _values(listed) for name, listed in vary.items()},
        {**{name: True for name, wanted in asked.items() if wanted}, **set},
        repeat,
        log_level,
    )
    request = Request(
        points,
        suite_directory=str(suite_directory),
        jar=jar,
        java=java,
        jvm_args=jvm_args,
        flags=added,
        wrong_words=tuple(problems),
        cluster_file=cluster,
        address=address,
        local=local,
        keep_raw=raw == "keep",
        new=new,
        rerun=tuple(_listed(rerun)),
        accept_change=accept_change,
        command=f"fpray.sweep({', '.join([repr(protocol), *words])})",
    )
    result = run_sweep(request)
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
