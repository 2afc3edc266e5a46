"""The errors that fpray raises for its user: each has an exit code, and text to be read by a person.

    FprayError
    ├── Refused      nothing was started; a list of problems, each with what to change (exit 2)
    └── Lost         a machine, a role actor or its supervisor is gone while a trial runs (exit 1)

A trial that fails is no error: its end is a value, `fpray.store.outcome.Outcome`.
"""

from __future__ import annotations

import contextlib
import difflib
import enum
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from fpray.files.documents import document
from fpray.files.printable import printable

_LISTED = 25  # problems in one message
# A sentence that begins so has what it is about as its subject.
_VERB = re.compile(
    "(is|are|was|were|has|have|must|needs|names|cannot|can|conflicts|contains|does|takes|lists|says|holds|means|make"
    "|records|runs|starts|tries|works) "
)


class Cause(enum.Enum):
    """The class of a problem or an error: its value is the heading of its entry in docs/troubleshooting.md."""

    OPTION = "option"
    PARAMETER = "parameter"
    POINTS = "points"
    PROTOCOL = "protocol"
    STUDY = "study"
    STUDY_FILE = "study file"
    INSTRUMENT = "instrument"
    PROMETHEUS = "prometheus"
    NOTIFICATION = "notification"
    SECRET = "secret"
    PATH = "path"
    CLUSTER_FILE = "cluster file"
    LAUNCHER_FILE = "launcher file"
    MACHINES = "machines"
    MEMORY = "memory"
    SCRATCH = "scratch"
    JAVA = "java"
    RAY_CLUSTER = "ray cluster"
    EMBEDDED_RAY = "embedded ray"
    HEAD = "head"
    PYTHON = "python process"
    PLATFORM = "platform"
    JAR = "jar"
    MAIN_CLASSES = "main classes"
    REFERENCE_JAR = "reference jar"
    SUITE = "suite"
    TRIAL = "trial"
    PROCESS = "process"
    OTHER_REQUEST = "other request"
    OTHER_VERSION = "other version"
    IN_USE = "in use"
    ELSEWHERE = "elsewhere"
    DAMAGED = "damaged"
    NOT_WRITABLE = "not writable"
    LINKS = "links"
    OWN_DIRECTORY = "own directory"
    GOAL = "goal"
    SPACE = "space"
    SAMPLER = "sampler"
    STORAGE = "storage"
    BUDGET = "budget"
    FIGURE = "figure"
    # Of what ends a command that had begun.
    RAY_LOSS = "ray loss"
    CHANGED_JAR = "changed jar"
    KILLED_DRIVER = "killed driver"
    FAILURE_LIMIT = "failure limit"
    # The entries of a status and of a reason.
    LOST = "lost"
    OWN = "fpray"

    @property
    def anchor(self) -> str:
        """The part of a link that leads to its entry."""
        return self.value.replace(" ", "-")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        about: the parameter, option or file.
        sentence: what is wrong with it, and what to do; it follows `about`, and has no full stop.
        cause: its class; the constraints of a protocol are about parameters.
    """

    about: str
    sentence: str
    cause: Cause = Cause.PARAMETER

    def within(self, option: str) -> Problem:
        """The same problem, about the value of an option."""
        return replace(self, about=f"{option} {self.about}")

    def in_words(self) -> str:
        """The problem in one line: `num_leaders=1: f=1 needs at least 2 leaders`, `QKZJ is not a suite`."""
        return " ".join(self.in_columns())

    def in_columns(self) -> tuple[str, str]:
        """What it is about, and its sentence; a colon parts them unless the sentence begins with its verb."""
        colon = "" if _VERB.match(self.sentence) else ":"
        return f"{printable(cut(_with_quotes(self.about), 300))}{colon}", printable(cut(self.sentence))


def _with_quotes(about: str) -> str:
    """An option with its value, which is quoted where it is empty or blank: `--study ''`."""
    option, space, value = about.partition(" ")
    return f"{option} '{value}'" if space and option.startswith("-") and not value.strip() else about


class FprayError(Exception):
    """Base of the errors that fpray raises for its user. What it quotes from outside has no effect on a terminal.

    Attributes:
        causes: its classes.
    """

    exit_code = 1

    def __init__(self, text: str, cause: Cause) -> None:
        super().__init__(text, cause)  # what a pickle makes it from again
        self._text = text
        self.causes: tuple[Cause, ...] = (cause,)

    def __str__(self) -> str:
        """Its text, with where it is explained."""
        return self.explained()

    def in_one_line(self) -> str:
        """Its text, for a message that says by itself what was not done."""
        return printable(self._text, lines=True)

    def explained(self) -> str:
        """That text, and where it is explained: also what a command says that only reads."""
        return f"{self.in_one_line()} · {explained(*self.causes)}"


def cut(text: str, most: int = 1500) -> str:
    """A text of at most so many characters: it may quote a value of 100 kB."""
    return text if len(text) <= most else f"{text[: most // 2]}...{text[-most // 3 :]}"


class Refused(FprayError):
    """Nothing was started; the text lists every problem that could be found at once."""

    exit_code = 2
    only_read = False  # then the text does not say that nothing was started

    def __init__(self, *problems: Problem) -> None:
        Exception.__init__(self, *problems)
        self.problems: tuple[Problem, ...] = problems
        self._text = "; ".join(problem.in_words() for problem in problems)
        self.causes = tuple(problem.cause for problem in problems)

    def __str__(self) -> str:
        """All its problems, one in a line."""
        return self.explained() if self.only_read else printable(self._in_lines(), lines=True)

    def _in_lines(self) -> str:
        problems = [problem.in_columns() for problem in self.problems[:_LISTED]]
        width = min(45, max(len(about) for about, _ in problems))
        count = len(self.problems)
        head = "nothing was started" + (f"; {count} problems:" if count > 1 else ":")
        lines = [f"  {about:<{width}} {sentence}" for about, sentence in problems]
        more = [f"  and {count - _LISTED} more"] if count > _LISTED else []
        return "\n".join([head, *lines, *more, f"  see {explained(*self.causes)}"])


class Lost(FprayError):
    """A machine, a role actor or its supervisor is gone: the attempt says nothing about the protocol.

    hosts: the machines on which that happened, as far as they are known.
    """

    def __init__(self, text: str, hosts: Iterable[str] = ()) -> None:
        super().__init__(text, Cause.LOST)
        self.hosts = tuple(hosts)
        self.args = (text, self.hosts)

    def __str__(self) -> str:
        """Its text alone, which becomes that of an attempt."""
        return self.in_one_line()


def lost_machine(host: str) -> Lost:
    """The error of a machine that is not there any more."""
    return Lost(f"machine {host} has left the Ray cluster (it is down, or Ray has ended there)", [host])


def refuse(about: str, sentence: str, cause: Cause) -> Refused:
    """The error of a single problem."""
    return Refused(Problem(about, sentence, cause))


def explained(*causes: Cause) -> str:
    """Where problems are explained: `docs/troubleshooting.md#parameter, #option`."""
    anchors = dict.fromkeys(f"#{cause.anchor}" for cause in causes)
    return document("troubleshooting.md") + ", ".join(anchors)


@contextlib.contextmanager
def only_reading() -> Iterator[None]:
    """What is refused in this block only reads: the text of the error does not say that nothing was started."""
    try:
        yield
    except Refused as refused:
        refused.only_read = True
        raise


def refuse_if_any(problems: Sequence[Problem]) -> None:
    """Do nothing if there is no problem.

    Raises:
        Refused: with every distinct problem.
    """
    if problems:
        raise Refused(*dict.fromkeys(problems))


def closest(name: str, names: Iterable[str]) -> str | None:
    """The known name that an unknown one is most like; None if it is like none."""
    return next(iter(difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)), None)


def nearest(name: str, names: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: `; did you mean num_batchers?`, or nothing."""
    near = closest(name, names)
    return f"; did you mean {near}?" if near is not None else ""


def first_line(error: BaseException) -> str:
    """The first line of an exception's text; the name of its class where it has none."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
