"""Whether a jar accepts what the declarations give its mains: asked of the mains, before a cluster is paid for.

Nothing that serves is started. A main is given the command line of a trial and a flag that none has, so it names
what else it dislikes and ends (scopt, FrankenPaxos's parser, names every problem of a command line at once); one
that prints no usage then is asked for `--help`. Should a main ignore what it does not know: its addresses are of
TEST-NET-1 (RFC 5737), which no machine has, and what has not ended by its deadline is killed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fpray.errors import Cause, closest, nearest, refuse
from fpray.files.locked_directory import locked_directory
from fpray.jar.find import Jar, find_jar
from fpray.node.facts import java_facts, java_fails
from fpray.node.java import java_program
from fpray.node.supervisor.kernel import PR_SET_PDEATHSIG
from fpray.plan.cluster import Cluster
from fpray.plan.command_line import Paths
from fpray.plan.plan import Plan, Process, Trial, build_plan
from fpray.protocol.protocol import Protocol
from fpray.study import registry

DEADLINE_S = 20.0
_NOWHERE = Cluster(machines=("192.0.2.1",))
_NO_FLAG = "--fpray.no.such.flag"
_JAR = "checked.jar"  # a link beside the files of a plan: a colon in a class path separates two paths
# A JVM that lives for half a second: no second compiler, no threads for collecting garbage.
_SHORT_LIFE = ("-XX:+IgnoreUnrecognizedVMOptions", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
# Becomes a program that the kernel kills with this process: a main that never ends must not outlive a killed fpray.
_BECOME = (
    f"import ctypes, os, sys; ctypes.CDLL(None).prctl({PR_SET_PDEATHSIG}, 9, 0, 0, 0);"
    " os.getppid() == int(sys.argv[1]) and os.execvp(sys.argv[2], sys.argv[2:])"
)
_ADD = "add each with --flag ROLE:--NAME=VALUE, or in the protocol's Python file (docs/jar.md)"
_USAGE_LINE = re.compile(r"^ {1,8}(?:-\w+(?: <[^>]*>)?(?:,| \|) )?(--[\w.-]+)", re.MULTILINE)
_ERROR = re.compile(r"^Error: (.*)$", re.MULTILINE)
# The launcher's own "Error: LinkageError occurred ..." says less than what follows it.
_WHY_NOT = re.compile(r"^(?!Error: LinkageError).*(?:Exception|Error)\b.*$", re.MULTILINE)


@dataclass(frozen=True)
class MainCommand:
    """How plans start a main class.

    Attributes:
        words: its arguments in the longest command line of any plan.
        given: every flag that any plan passes.
        files: the files of a plan, name -> content.
    """

    main: str
    words: tuple[str, ...]
    given: frozenset[str]
    files: Mapping[str, str]


@dataclass(frozen=True)
class MainReport:
    """The result for one main class: what does not fit, in sentences, and the flags that fpray does not pass."""

    main: str
    problems: tuple[str, ...] = ()
    not_given: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProtocolReport:
    """The result for one protocol; it has no mains where the jar has no main class of the protocol."""

    protocol: str
    mains: tuple[MainReport, ...]

    @property
    def fits(self) -> bool:
        """Whether the jar accepts all that a trial gives it."""
        return bool(self.mains) and not any(report.problems for report in self.mains)


def split_command(argv: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The main class of a planned process's command line, and the words that it is given."""
    main = argv.index("-cp") + 2
    return argv[main], tuple(argv[main + 1 :])


def main_commands(protocol: Protocol[Any]) -> dict[str, MainCommand]:
    """Main class -> how the defaults and the smoke study start it; other studies where those start none of a role."""
    by_main: dict[str, MainCommand] = {}
    roles = {role.name for role in protocol.roles}
    for trials in _trials(protocol):
        for trial in trials:
            plan = build_plan(trial, _NOWHERE, paths=Paths(directory="."))
            roles -= {process.role for process in plan.processes}
            for process in plan.processes:
                command = _main_command(plan, process)
                earlier = by_main.get(command.main, command)
                longest = max(earlier, command, key=lambda main: len(main.words))
                by_main[command.main] = MainCommand(
                    command.main, longest.words, earlier.given | command.given, longest.files
                )
        if not roles:
            break
    return by_main


def _trials(protocol: Protocol[Any]) -> Iterator[list[Trial[Any]]]:
    studies = registry.studies().get(protocol.name, {})
    smoke = studies["smoke"].trials(protocol, {}, {}, 1)[0] if "smoke" in studies else []
    yield [Trial(protocol, protocol.params()), *smoke]
    for study in studies.values():
        yield study.trials(protocol, {}, {}, 1)[0]


def _main_command(plan: Plan, process: Process) -> MainCommand:
    main, words = split_command(process.argv)
    return MainCommand(main, words, frozenset(words[::2]), plan.files)


def flag_problems(flags: Iterable[str], accepted: Iterable[str], required: Iterable[str]) -> list[str]:
    """What is wrong with the flags that a main is given, in sentences: those it does not have, those it lacks."""
    flags, accepted = set(flags), list(accepted)
    unknown = [
        f"{flag} (it has {n})" if (n := closest(flag, accepted)) else flag for flag in sorted(flags - {*accepted})
    ]
    missing = sorted(set(required) - flags)
    problems = [f"does not accept {', '.join(unknown)}, which fpray passes"] if unknown else []
    which = f"flag{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
    return problems + ([f"requires the {which}, which fpray does not pass: {_ADD}"] if missing else [])


def check_jar(which: str, java: str, protocols: Sequence[Protocol[Any]]) -> Iterator[ProtocolReport]:
    """Compare a jar (a path, or `reference`) with protocols, one report each, in their order.

    Raises:
        Refused: there is no such jar, it is no jar, or no `java` to ask its mains with.
    """
    jar = find_jar(which, java, option="--check")
    facts = java_facts(java)
    if facts["java"] is None:
        raise refuse(
            f"--java {java}",
            "there is no such program, and --check needs one: write its path, such as --java"
            " /opt/jdk17/bin/java, or install a JRE 17 (Debian: apt-get install openjdk-17-jre-headless)",
            Cause.JAVA,
        )
    if java_fails(facts):
        raise refuse(
            f"--java {java}",
            f"does not run on this machine: {str(facts['jvm']).rstrip(': ')}. Install a JRE 17, or name another java,"
            " such as --java /opt/jdk17/bin/java",
            Cause.JAVA,
        )
    return _reports(jar, java, protocols)


def _reports(jar: Jar, java: str, protocols: Sequence[Protocol[Any]]) -> Iterator[ProtocolReport]:
    classes = jar.classes()
    cores = len(os.sched_getaffinity(0))
    with locked_directory("check-") as scratch:
        pool = ThreadPoolExecutor(max(2, cores))
        try:
            questions: list[tuple[Protocol[Any], list[str], dict[str, Future[MainReport]]]] = []
            for protocol in protocols:
                mains = _mains_in(protocol, classes)
                by_main = main_commands(protocol) if mains else {}
                futures = {
                    main: pool.submit(_report, jar, java, by_main[main], scratch / protocol.name / main)
                    for main in mains
                    if main in classes and main in by_main
                }
                questions.append((protocol, mains, futures))
            for protocol, mains, futures in questions:
                yield ProtocolReport(
                    protocol.name,
                    tuple(futures[main].result() if main in futures else _unasked(main, classes) for main in mains),
                )
        finally:
            pool.shutdown(cancel_futures=True)


def _mains_in(protocol: Protocol[Any], classes: set[str]) -> list[str]:
    """The main classes of a protocol, in the order of its roles; none where the jar has nothing of the protocol.

    A main that the protocol shares with another, such as its client, may be there for the other.
    """
    mains = list(dict.fromkeys(protocol.main_class(role) for role in protocol.roles))
    others = [other for other in registry.protocols().values() if other.name != protocol.name]
    of_others = {other.main_class(role) for other in others for role in other.roles}
    return mains if ({*mains} - of_others or {*mains}) & classes else []


def _unasked(main: str, classes: set[str]) -> MainReport:
    if main in classes:  # no default and no study starts one: there is nothing to compare
        return MainReport(main)
    hint = nearest(main, (name for name in classes if name.rpartition(".")[0] == main.rpartition(".")[0]))
    remedy = "build the jar again with this main class, or correct the class name in the protocol's Python file"
    return MainReport(main, (f"is not in the jar: {remedy}{hint}",))


def _report(jar: Jar, java: str, command: MainCommand, directory: Path) -> MainReport:
    directory.mkdir(parents=True)
    for name, content in command.files.items():
        (directory / name).write_text(content)
    (directory / _JAR).symlink_to(jar.path.absolute())
    java = java_program(java)
    output, has_exited = _ask(java, command.main, (*command.words, _NO_FLAG), directory)
    usage = output if "Usage:" in output or not has_exited else _ask(java, command.main, ("--help",), directory)[0]
    accepted = set(_USAGE_LINE.findall(usage)) - {"--help"} if "Usage:" in usage else set()
    errors = _ERROR.findall(output)
    unknown = {error.removeprefix("Unknown option ") for error in errors if error.startswith("Unknown option ")}
    if not accepted and _NO_FLAG not in unknown:
        return MainReport(command.main, (_silence(output, has_exited),))
    required = {error.removeprefix("Missing option ") for error in errors if error.startswith("Missing option ")}
    problems = flag_problems(command.given, (accepted or command.given) - unknown, required)
    problems += [error for error in errors if error.startswith("Option ")]
    return MainReport(command.main, tuple(problems), tuple(sorted(accepted - command.given)))


def _silence(output: str, has_exited: bool) -> str:
    unchecked = "so its flags are not checked"
    if not has_exited:
        late = f"did not print its flags within {DEADLINE_S:.0f} s and was killed, {unchecked}"
        return f"{late}. To check them, run the same fpray command again when this machine is less busy"
    lines = [*_WHY_NOT.findall(output), *output.splitlines()[-1:]]
    only = f"; it printed {lines[0].strip()!r}" if lines else ""
    return f"did not print its flags, {unchecked}{only}. To see why, run java -cp JAR MAIN --help"


def _ask(java: str, main: str, words: Sequence[str], directory: Path) -> tuple[str, bool]:
    """All that a main says, and whether it ended by itself."""
    mortal = [sys.executable, "-I", "-S", "-c", _BECOME, str(os.getpid())] if sys.platform == "linux" else []
    with subprocess.Popen(
        [*mortal, java, *_SHORT_LIFE, "-cp", _JAR, main, *words],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            return process.communicate(timeout=DEADLINE_S)[0], True
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[0], False
