"""`fpray.sweep(...)`: from a script or a notebook, with the options of the command line."""

from __future__ import annotations

from typing import Unpack

from fpray.driver.means import check_sweep
from fpray.driver.options import SweepOptions
from fpray.driver.python_calls import call_text, shows, unless_interrupted
from fpray.driver.result import SweepResult
from fpray.driver.sweep import run_sweep


@shows(SweepOptions, "SweepResult")
def sweep(protocol: str, **options: Unpack[SweepOptions]) -> SweepResult:
    """Run a sweep, as `fpray sweep` does, and return what it came to.

    `vary` maps a parameter to its values, `set` to one value; Python values and the command line's text both
    work: `sweep("multipaxos", vary={"num_proxy_leaders": [2, 3, 4]}, set={"duration": "5s"}).table().to_pandas()`.

    Raises:
        Refused: nothing was started; the text lists every problem.
        FprayError: the sweep could not go on. What was finished stays finished: call again to continue.
        KeyboardInterrupt: interrupted; nothing is running any more.
    """
    return unless_interrupted(run_sweep(check_sweep(protocol, options, call_text("sweep", protocol, options))))
