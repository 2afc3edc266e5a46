"""The walk of a request: which modules get the user's words, or what was made of them, until the first trial runs.

`python -m tests.repository.walk` prints it. A module is entered when one of its functions gets the request as an
argument; it is a return when the module was left before. The walk begins at the command `sweep` or `search`, with the
words that were typed. The run is a real one on fake machines; its first trial ends the walk.
"""

from __future__ import annotations

import functools
import inspect
import pkgutil
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

# The request in all of its forms; of the whole only, not of a part that is one setting.
FORMS = (
    "Request", "Points", "CommandWords", "Words", "TrialSelection", "Selected", "Means",
    "Experiment", "Environment", "Where", "Policy", "Outputs",
)  # fmt: skip
_RUNS = {"sweep": "fpray.driver.sweep:run_sweep", "search": "fpray.searching.run:run_search"}
_MORE = {"sweep": (), "search": ("--maximize", "measured.throughput", "--space", "num_clients_per_proc=1..8")}
# Words that have no form yet, or none any more, are a dictionary with the values of all options.
_AN_OPTION = "suite_directory"


class Walk:
    """Notes the modules of fpray that get the request, in order; consecutive ones once."""

    def __init__(self, begins: str) -> None:
        self.stays: list[str] = []
        self._begins = begins
        self.is_over = False

    @property
    def modules(self) -> int:
        """How many modules got it."""
        return len(set(self.stays))

    @property
    def returns(self) -> int:
        """How often a module was entered again that was left before."""
        return len(self.stays) - self.modules

    def note(self, frame: FrameType, event: str, _argument: Any) -> None:
        """A profile function for `sys.setprofile`."""
        module = frame.f_globals.get("__name__", "")
        code = frame.f_code
        if self.is_over or event != "call" or not module.startswith("fpray.") or code.co_name.startswith(("<", "__")):
            return
        if not self.stays and module != self._begins:
            return
        several = sum(bool(code.co_flags & flag) for flag in (inspect.CO_VARARGS, inspect.CO_VARKEYWORDS))
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + several]
        if self.stays[-1:] != [module] and any(_is_request(frame.f_locals.get(name)) for name in names):
            self.stays.append(module)


def _is_request(value: object) -> bool:
    return any(kind.__name__ in FORMS for kind in type(value).__mro__) or (
        isinstance(value, dict) and _AN_OPTION in value
    )


@functools.cache
def walk(command: str = "sweep") -> Walk:
    """The walk of `fpray sweep unreplicated`, or of a search, from the command line to its first trial."""
    from click.testing import CliRunner

    from fpray.cli.main import main as command_line
    from fpray.driver.session import Backend
    from fpray.testing.fake_machines import FakeMachines
    from tests.support.sweeps import stub_jar

    steps, run = Walk(f"fpray.cli.{command}"), _RUNS[command]

    def first_trial(*_: Any) -> Any:  # in a thread of its own
        steps.is_over = True
        raise KeyboardInterrupt

    backend = Backend(lambda _address, _local: FakeMachines(["a"]), first_trial)
    of_command = functools.partial(pkgutil.resolve_name(run), backend=backend)
    with (
        tempfile.TemporaryDirectory() as directory,
        mock.patch(f"fpray.cli.{command}.{run.partition(':')[2]}", of_command),
        mock.patch("fpray.cli.launch.interruptible"),  # it changes what signals do to this process
    ):
        words = [command, "unreplicated", "--suite-directory", directory, "--jar", str(stub_jar(Path(directory)))]
        sys.setprofile(steps.note)
        try:
            CliRunner().invoke(command_line, [*words, *_MORE[command]])
        finally:
            sys.setprofile(None)
    return steps


def main() -> None:
    """Print the stays, and how many of them are returns."""
    for command in _RUNS:
        steps = walk(command)
        for number, module in enumerate(steps.stays, 1):
            remark = " (again)" if module in steps.stays[: number - 1] else ""
            print(f"{number:>3} {module}{remark}")
        print(f"{command}: {len(steps.stays)} stays in {steps.modules} modules, {steps.returns} returns")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
