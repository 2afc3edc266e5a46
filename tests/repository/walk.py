"""The walk of a request: which modules get the user's words, or what was made of them, until the first trial runs.

`python -m tests.repository.walk` prints it. A module is entered when one of its functions gets the request as an
argument; it is a return when the module was left before. The sweep is a real one on fake machines; its first trial
ends the walk.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

# The request in all of its forms; of the whole only, not of a part that is one setting.
FORMS = ("Words", "TrialSelection", "Experiment", "Environment", "Where", "Policy", "Outputs", "Request", "Points")


class Walk:
    """Notes the modules of fpray that get the request, in order; consecutive ones once."""

    def __init__(self) -> None:
        self.stays: list[str] = []

    @property
    def returns(self) -> int:
        """How often a module was entered again that was left before."""
        return len(self.stays) - len(set(self.stays))

    def note(self, frame: FrameType, event: str, _argument: Any) -> None:
        """A profile function for `sys.setprofile`."""
        module = frame.f_globals.get("__name__", "")
        code = frame.f_code
        if event != "call" or not module.startswith("fpray.") or code.co_name.startswith(("<", "__")):
            return
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        holds = any(type(frame.f_locals.get(name)).__name__ in FORMS for name in names)
        if holds and self.stays[-1:] != [module]:
            self.stays.append(module)


def walk() -> Walk:
    """The walk of `fpray sweep unreplicated`, up to its first trial."""
    from fpray.driver.check import check_sweep
    from fpray.driver.session import Backend
    from fpray.driver.sweep import run_sweep
    from fpray.testing.fake_machines import FakeMachines
    from tests.support.sweeps import stub_jar

    steps = Walk()

    def first_trial(*_: Any) -> Any:
        sys.setprofile(None)
        raise KeyboardInterrupt

    with tempfile.TemporaryDirectory() as directory, _silence():
        options = {"suite_directory": directory, "jar": stub_jar(Path(directory))}
        backend = Backend(lambda _address, _local: FakeMachines(["a"]), first_trial)
        sys.setprofile(steps.note)
        try:
            run_sweep(check_sweep("unreplicated", options), backend=backend)
        finally:
            sys.setprofile(None)
    return steps


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    with contextlib.redirect_stderr(io.StringIO()):
        yield


def main() -> None:
    """Print the stays, and how many of them are returns."""
    steps = walk()
    for number, module in enumerate(steps.stays, 1):
        again = " (again)" if module in steps.stays[: number - 1] else ""
        print(f"{number:>3} {module}{again}")
    print(f"{len(steps.stays)} stays in {len(set(steps.stays))} modules, {steps.returns} returns")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
