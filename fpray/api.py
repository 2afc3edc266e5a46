"""`fpray.sweep(...)` and `fpray.search(...)`: from a script or a notebook, with the options of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import indent
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from fpray.driver.means import check_sweep
from fpray.driver.option import documentation, signature
from fpray.driver.options import SweepOptions
from fpray.driver.result import SweepResult
from fpray.driver.sweep import run_sweep
from fpray.files.shown import shown
from fpray.searching.options import SearchOptions

if TYPE_CHECKING:
    from fpray.searching.result import SearchResult

Result = TypeVar("Result", bound=SweepResult)
Function = TypeVar("Function", bound=Callable[..., Any])


def _shows(options: type, returns: str) -> Callable[[Function], Function]:
    """Have `help`, `inspect.signature` and completion show each option, with its type, default and help."""

    def decorate(function: Function) -> Function:
        function.__signature__ = signature(options, returns, "protocol")  # type: ignore[attr-defined]
        function.__doc__ = f"{function.__doc__}\n    Options:\n{indent(documentation(options), 8 * ' ')}\n    "
        return function

    return decorate


@_shows(SweepOptions, "SweepResult")
def sweep(protocol: str, **options: Unpack[SweepOptions]) -> SweepResult:
    """Run a sweep, as `fpray sweep` does, and return what it came to.

    `vary` maps a parameter to its values, `set` to one value; Python values and the command line's text both
    work: `sweep("multipaxos", vary={"num_proxy_leaders": [2, 3, 4]}, set={"duration": "5s"}).table().to_pandas()`.

    Raises:
        Refused: nothing was started; the text lists every problem.
        FprayError: the sweep could not go on. What was finished stays finished: call again to continue.
        KeyboardInterrupt: interrupted; nothing is running any more.
    """
    return _returned(run_sweep(check_sweep(protocol, options, _typed("sweep", protocol, options))))


@_shows(SearchOptions, "SearchResult")
def search(protocol: str, **options: Unpack[SearchOptions]) -> SearchResult:
    """Look for the best configuration, as `fpray search` does, and return the recommendation with all that led to it.

    `space` maps a parameter to the command line's text (`"1..1024:log"`), to a list of values, a `range` or an Optuna
    distribution: `search("unreplicated", maximize="measured.throughput", subject_to="measured.latency.p99_ms<=1",
    space={"num_clients_per_proc": "1..256:log"}).answer.best`.

    Raises:
        Refused: nothing was started; the text lists every problem.
        FprayError: the search could not go on. What was finished stays finished: call again to continue.
        KeyboardInterrupt: interrupted; nothing is running any more.
    """
    from fpray.searching.experiment import check_search
    from fpray.searching.run import run_search

    return _returned(run_search(check_search(protocol, options, _typed("search", protocol, options))))


def _typed(name: str, protocol: str, options: Mapping[str, Any]) -> str:
    """The call as it was typed, for the provenance."""
    words = [f"{option}={_written(value)}" for option, value in options.items()]
    return f"fpray.{name}({', '.join([_written(protocol), *words])})"


def _written(value: Any) -> str:
    """A value as Python shows it; in brief where it cannot, as of a number of 5,000 digits."""
    try:
        return repr(value)
    except Exception:
        return shown(value)


def _returned(result: Result) -> Result:
    if result.interrupted:
        raise KeyboardInterrupt
    return result
