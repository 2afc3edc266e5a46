"""What fpray says when it will not or cannot go on: each error knows its exit code.

    FprayError
    ├── Refused      nothing was started: a list of problems, each with what to change (exit 2)
    └── Lost         a machine, a role actor or its keeper went away under a running trial

A trial that fails is not here: that is an `fpray.store.outcome.Outcome`, a value.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_MOST = 25  # problems that one message lists


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: what it is about (a parameter, an option, a file) and a sentence."""

    about: str
    sentence: str


class FprayError(Exception):
    """Base of what fpray raises for its user; its text is meant to be read by one."""

    exit_code = 1


class Refused(FprayError):
    """Nothing was started, for every reason that could be found at once."""

    exit_code = 2

    def __init__(self, *problems: Problem) -> None:
        self.problems: tuple[Problem, ...] = problems
        super().__init__(self._text())

    def in_one_line(self) -> str:
        """Every problem, for a message that says by itself what was not done."""
        return "; ".join(f"{problem.about} {problem.sentence}" for problem in self.problems)

    def _text(self) -> str:
        width = min(44, max(len(problem.about) for problem in self.problems))
        count = len(self.problems)
        head = "nothing was started" + (f"; {count} problems:" if count > 1 else ":")
        lines = [f"  {p.about:<{width}}  {p.sentence}" for p in self.problems[:_MOST]]
        more = [f"  and {count - _MOST} more"] if count > _MOST else []
        return "\n".join([head, *lines, *more])


class Lost(FprayError):
    """A machine, a role actor or its keeper went away: the attempt says nothing about the protocol.

    hosts: the machines where that was, as far as it is known.
    """

    def __init__(self, text: str, hosts: Iterable[str] = ()) -> None:
        self.hosts = tuple(hosts)
        super().__init__(text)


def refuse(about: str, sentence: str) -> Refused:
    """The common case of one problem."""
    return Refused(Problem(about, sentence))


def refuse_if_any(problems: Sequence[Problem]) -> None:
    """Raise `Refused` with every distinct problem, or return when there is none."""
    if problems:
        raise Refused(*dict.fromkeys(problems))


def nearest(name: str, known: Iterable[str]) -> str:
    """The closing half-sentence for a misspelt name: `; did you mean num_batchers?`, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""
