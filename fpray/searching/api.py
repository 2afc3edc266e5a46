"""`fpray.search(...)`: from a script or a notebook, with the options of the command line."""

from __future__ import annotations

from typing import Unpack

from fpray.driver.python_calls import call_text, shows, unless_interrupted
from fpray.searching.experiment import check_search
from fpray.searching.options import SearchOptions
from fpray.searching.result import SearchResult
from fpray.searching.run import run_search


@shows(SearchOptions, "SearchResult")
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
    return unless_interrupted(run_search(check_search(protocol, options, call_text("search", protocol, options))))
