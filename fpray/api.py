"""`fpray.sweep(...)`: the sweep from a script or a notebook, with the words of the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fpray.mainloop import SweepResult, run_sweep
from fpray.request import Points, Request, parse_jvm_args

_NONE: Mapping[str, Any] = {}


def sweep(
    protocol: str,
    *,
    study: str = "smoke",
    vary: Mapping[str, Sequence[Any]] = _NONE,
    set: Mapping[str, Any] = _NONE,
    repeat: int | None = None,
    log_level: str | None = None,
    suite_directory: str = "./suites",
    jar: str | None = None,
    java: str = "java",
    jvm_arg: Sequence[str] = (),
    cluster: str | None = None,
    address: str | None = None,
    local: bool = False,
    raw: str = "keep",
    monitor: bool = False,
    profile: bool = False,
    new: bool = False,
    rerun: Sequence[str] = (),
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
    words = [f"{name}={value!r}" for name, value in locals().items() if name != "protocol" and value]
    asked = {"monitored": monitor, "profiled": profile}
    fixed = {**{name: True for name, wanted in asked.items() if wanted}, **set}
    points = Points(protocol, study, {k: list(v) for k, v in vary.items()}, fixed, repeat, log_level)
    request = Request(
        points,
        suite_directory=suite_directory,
        jar=jar,
        java=java,
        jvm_args=parse_jvm_args(jvm_arg),
        cluster_file=cluster,
        address=address,
        local=local,
        keep_raw=raw == "keep",
        new=new,
        rerun=tuple(rerun),
        accept_change=accept_change,
        command=f"fpray.sweep({', '.join([repr(protocol), *words])})",
    )
    result = run_sweep(request)
    if result.interrupted:
        raise KeyboardInterrupt
    return result
