"""The suite directory: every path, atomic writes, what is done, and who holds it. FrankenPaxos's layout.

<time>_<10 letters>_<name>/
    args.json inputs.txt start_time.txt stop_time.txt results.csv       FrankenPaxos's
    suite.json results.parquet suite.lock progress.json driver.log      fpray's
    001/ input.json input.txt log.txt config.pbtxt *_cmd.txt ...        FrankenPaxos's
         trial.json plan.json events.json recorder.parquet outcome.json fpray's; the last one is written last
         attempts/1/                                                    earlier attempts, whole
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import socket
import string
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fpray.errors import FprayError, refuse
from fpray.plan.plan import Plan, Trial
from fpray.protocol.params import to_json
from fpray.store.outcome import Outcome

SCHEMA = 1
_MOVING = threading.Lock()  # files of earlier attempts; trials run in threads
_NUMBER = re.compile(r"[0-9]{3,}")
_HOLDER = re.compile(r"process (?P<pid>[0-9]+) on (?P<host>\S+) since .*")


def write_text(path: Path, text: str) -> None:
    """Write a file so that it is either the old one or whole: a temporary name, then a rename."""
    partial = f"{path.parent}/.{path.name}.{os.getpid()}.partial"
    try:
        _write(partial, os.O_TRUNC, text)
        os.replace(partial, path)  # noqa: PTH105
    except OSError:
        Path(partial).unlink(missing_ok=True)
        raise


def _write(path: str, mode: int, text: str) -> None:
    """Write or append with as few system calls as there can be: a trial has a dozen files, a sweep thousands of trials.

    Raises OSError where not all of it could be written.
    """
    data = memoryview(text.encode())
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | mode, 0o666)
    try:
        while data:
            data = data[os.write(file, data) :]
    finally:
        os.close(file)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file atomically: one line for each entry, in which people find things and Python is quick."""
    if isinstance(value, Mapping) and value:
        text = ",\n ".join(f"{json.dumps(str(key))}: {json.dumps(entry)}" for key, entry in value.items())
        text = f"{{\n {text}\n}}"
    elif isinstance(value, list) and value:
        text = "[\n " + ",\n ".join(map(json.dumps, value)) + "\n]"
    else:
        text = json.dumps(value)
    write_text(path, text + "\n")


def read_json(path: Path) -> Any:
    """The value of a JSON file, or None where there is no such file.

    Raises:
        FprayError: it is there and is no JSON; a file that fpray wrote never is.
    """
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise FprayError(f"{path} is damaged: {error}") from None


def now() -> str:
    """The time, as FrankenPaxos's start_time.txt holds it, in UTC."""
    return datetime.now(UTC).isoformat(sep=" ", timespec="microseconds")


class TrialDirectory:
    """The directory of one trial."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = path.name
        # What is known is not read again: nobody but the suite's one driver may change it.
        self._final: Outcome | None = None
        self._trial: Mapping[str, Any] | None = None

    def file(self, name: str) -> Path:
        """The path of a file in it."""
        return self.path / name

    def latest(self) -> Outcome | None:
        """How its latest attempt ended, for good or not; None where it did not."""
        content = read_json(self.file("outcome.json"))
        return Outcome.from_json(content) if content else None

    def outcome(self) -> Outcome | None:
        """How it ended for good; None where it did not."""
        if self._final is None:
            self._keep(self.latest())
        return self._final

    def _keep(self, outcome: Outcome | None) -> None:
        self._final = outcome if outcome and outcome.status.final else None

    def trial(self) -> Mapping[str, Any] | None:
        """What `trial.json` holds: id, protocol, params, repeat."""
        if self._trial is None:
            content = read_json(self.file("trial.json"))
            self._trial = content if isinstance(content, Mapping) else None
        return self._trial

    def identify(self, trial: Trial[Any], provenance: Mapping[str, Any]) -> None:
        """Write `trial.json`: from now on this is the trial's directory."""
        identity = {"protocol": trial.protocol.name, "params": to_json(trial.params), "repeat": trial.repeat}
        content = {"schema": SCHEMA, "id": trial.id, **identity, "provenance": provenance}
        write_json(self.file("trial.json"), content)
        self._trial = content

    def begin(self, trial: Trial[Any], provenance: Mapping[str, Any]) -> None:
        """Set an earlier attempt aside and write what is to be run."""
        self.set_aside()
        self.identify(trial, provenance)
        write_json(self.file("input.json"), to_json(trial.params))
        write_text(self.file("input.txt"), f"{trial.params}\n")
        write_text(self.file("start_time.txt"), f"{now()}\n")

    def write_plan(self, plan: Plan) -> None:
        """Write `plan.json` and the plan's files."""
        write_json(self.file("plan.json"), plan.to_json())
        for name, text in plan.files.items():
            write_text(self.file(name), text)

    def log(self, line: str) -> None:
        """Append a line with the time to `log.txt`."""
        _write(str(self.file("log.txt")), os.O_APPEND, f"[{now()}] {line}\n")

    def take_in(self, name: str, offset: int, content: bytes, *, ends: bool) -> None:
        """Write a piece of a file that comes from another machine; the file has its name when it is whole."""
        path = self.file(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        with partial.open("ab" if offset else "wb") as file:
            file.write(content)
        if ends:
            partial.replace(path)

    def add_to_attempt(self, number: str, began: str, arrived: Path) -> None:
        """Move files to the attempt that they are of: at the trial `number`, with `began` in its start_time.txt.

        What is there already stays.
        """
        trial = self.path.parent / number
        with _MOVING:
            for attempt in (trial, *trial.glob("attempts/*")):
                with contextlib.suppress(OSError):
                    if (attempt / "start_time.txt").read_text() != began:
                        continue
                    for path in arrived.iterdir():
                        if not (attempt / path.name).exists():
                            path.rename(attempt / path.name)

    def commit(self, outcome: Outcome) -> None:
        """Write the outcome; last of all, since its presence means that the trial is over."""
        write_json(self.file("events.json"), list(outcome.events))
        write_text(self.file("stop_time.txt"), f"{now()}\n")
        write_json(self.file("outcome.json"), outcome.to_json())
        self._keep(outcome)

    def ended_ns(self) -> int:
        """When it ended, by the clock of the file system; 0 where it did not."""
        try:
            return self.file("outcome.json").stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def set_aside(self) -> None:
        """Move whatever an earlier attempt left to `attempts/<n>`; the directory keeps its `trial.json` number."""
        with _MOVING:
            self._set_aside()

    def _set_aside(self) -> None:
        left = [p for p in self.path.iterdir() if p.name not in ("attempts", "trial.json")]
        if not left:
            return
        self._final = None
        attempts = self.path / "attempts"
        attempts.mkdir(exist_ok=True)
        kept = attempts / str(1 + max((int(p.name) for p in attempts.iterdir() if p.name.isdigit()), default=0))
        kept.mkdir()
        if self.file("trial.json").exists():  # the attempt's own jar is named in it
            shutil.copy2(self.file("trial.json"), kept / "trial.json")
        # The outcome goes first: without it the trial is unfinished, whenever this is cut short.
        for path in sorted(left, key=lambda p: p.name != "outcome.json"):
            path.rename(kept / path.name)


@dataclass(frozen=True)
class Holder:
    """The living process that runs a suite: in words, by number, and on which machine."""

    words: str
    pid: int
    host: str

    @property
    def here(self) -> bool:
        """Whether it is on this machine."""
        return self.host == socket.gethostname()


def _lock(file: int, *, exclusively: bool = True) -> bool:
    """Lock a file, or say that another process has. Who only looks at who has holds it for a moment."""
    import fcntl  # POSIX only; reading suites works without

    for left in reversed(range(3)):
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if exclusively else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError:
            if left:
                time.sleep(0.02)
        else:
            return True
    return False


class Suite:
    """A suite directory, held by at most one driver at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content: dict[str, Any] = read_json(path / "suite.json") or {}
        if not isinstance(self.content, dict) or not {"protocol", "points", "jar"} <= set(self.content):
            raise FprayError(f"{path / 'suite.json'} is damaged: it lacks what every suite has")
        self._directories: dict[str, TrialDirectory] | None = None
        self._last_number = 0
        self._lock: int | None = None
        self.fresh = False  # made by this very run
        self.after: str | None = None  # the suite of the same command that had ended by then

    @staticmethod
    def create(root: Path, name: str, args: Mapping[str, Any], content: Mapping[str, Any]) -> Suite:
        """A new suite directory below `root`.

        Raises:
            Refused: it cannot be made.
        """
        letters = "".join(random.SystemRandom().choices(string.ascii_uppercase, k=10))
        path = root / f"{datetime.now(UTC):%Y-%m-%d_%H-%M-%S}_{letters}_{name}"
        try:
            path.mkdir(parents=True)
            write_json(path / "args.json", args)
            write_text(path / "start_time.txt", f"{now()}\n")
            write_json(path / "suite.json", {"schema": SCHEMA, **content})
        except OSError as error:
            raise refuse(f"-s {root}", f"the suite directory cannot be written: {error.strerror}") from None
        return Suite(path)

    @property
    def letters(self) -> str:
        """The ten letters by which people name it."""
        match = re.search(r"_([A-Z]{10})(_|$)", self.path.name)
        return match[1] if match else self.path.name

    def identity(self) -> dict[str, str]:
        """What others are told of whose suite this is."""
        known = {"suite": str(self.path.absolute()), "name": self.letters, "host": socket.gethostname()}
        return {**known, "protocol": self.content["protocol"], "study": str(self.content.get("study", ""))}

    @property
    def short(self) -> str:
        """What names it to `fpray show` in the fewest letters: its path, where it is not looked for by letters."""
        found = self.path.parent.absolute() == usual_root().absolute() and self.letters != self.path.name
        return self.letters[:4] if found else str(self.path)

    def update(self, **changes: Any) -> None:
        """Change entries of `suite.json`."""
        self.content |= changes
        write_json(self.path / "suite.json", self.content)

    def hold(self) -> None:
        """Become the one driver of this suite, until the process ends or `release`.

        Raises:
            Refused: another living process is.
        """
        try:
            lock = os.open(self.path / "suite.lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise refuse(str(self.path), f"the suite directory cannot be written: {error.strerror}") from None
        if not _lock(lock):
            holder = os.read(lock, 200).decode(errors="replace").strip() or "another process"
            os.close(lock)
            raise refuse(self.path.name, f"is being run by {holder} (--new starts another suite)") from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"process {os.getpid()} on {socket.gethostname()} since {now()[:19]} UTC\n".encode(), 0)
        self._lock = lock

    def holder(self) -> Holder | None:
        """Who runs this suite now; None where nobody does."""
        try:
            lock = os.open(self.path / "suite.lock", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None  # never held
        try:
            if _lock(lock, exclusively=False):
                return None
            told = os.pread(lock, 200, 0).decode(errors="replace").strip()
        finally:
            os.close(lock)
        match = _HOLDER.fullmatch(told)
        return Holder(told or "another process", int(match["pid"]) if match else 0, match["host"] if match else "")

    def release(self) -> None:
        """Let another driver have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def directories(self) -> dict[str, TrialDirectory]:
        """Trial id -> its directory, for every trial that was ever asked for."""
        if self._directories is None:
            found = {}
            for path in sorted(
                (p for p in self.path.iterdir() if _NUMBER.fullmatch(p.name)), key=lambda p: int(p.name)
            ):
                directory = TrialDirectory(path)
                if trial := directory.trial():
                    found[str(trial["id"])] = directory
            self._directories = found
            self._last_number = max((int(d.number) for d in found.values()), default=0)
        return self._directories

    def directory(self, trial: Trial[Any]) -> TrialDirectory:
        """The directory of a trial; numbered when it is first asked for, and for good."""
        known = self.directories()
        if trial.id not in known:
            # A directory that was cut short before its trial.json is reused.
            directory = TrialDirectory(self.path / f"{self._last_number + 1:03d}")
            directory.path.mkdir(exist_ok=True)
            directory.identify(trial, {})
            known[trial.id] = directory
            self._last_number += 1
        return known[trial.id]

    def forget_if_empty(self) -> bool:
        """Remove a suite that this run made and in which no trial ever started: it was refused, or interrupted."""
        if not self.fresh or self.directories():
            return False
        shutil.rmtree(self.path, ignore_errors=True)
        return True

    def numbered(self, number: str) -> TrialDirectory:
        """A trial's directory by its number, with or without leading zeros.

        Raises:
            Refused: there is no such trial.
        """
        for directory in self.directories().values():
            if directory.number == number or (number.isdecimal() and int(directory.number) == int(number)):
                return directory
        raise refuse(number or "SUITE/TRIAL", f"{self.path.name} has no such trial; it has {len(self.directories())}")

    def outcomes(self) -> Iterator[tuple[TrialDirectory, Mapping[str, Any], Outcome | None]]:
        """Every trial that was ever asked for, in order of number: directory, trial, outcome."""
        for directory in self.directories().values():
            trial = directory.trial()
            if trial is not None:
                yield directory, trial, directory.outcome()


def usual_root() -> Path:
    """Where suites go, and are looked for, without `-s`."""
    return Path(os.environ.get("FPRAY_SUITE_DIRECTORY") or "./suites").expanduser()


def suites(root: Path, damaged: Callable[[FprayError], None] = lambda _why: None) -> list[Suite]:
    """The suites below a directory, newest first; `damaged` is told of each that cannot be read."""
    if not root.is_dir():
        return []
    found = []
    for path in sorted(root.iterdir(), key=lambda p: p.name, reverse=True):
        if (path / "suite.json").is_file():
            try:
                found.append(Suite(path))
            except FprayError as error:  # one damaged suite must not hide the others
                damaged(error)
    return found


def find_suite(text: str, root: Path) -> Suite:
    """A suite by path, by the start of its name, or by (the start of) its ten letters.

    Raises:
        Refused: none, or several.
    """
    path = Path(text).expanduser()
    if (path / "suite.json").is_file():
        return Suite(path)
    matching = [s for s in suites(root) if s.path.name.startswith(text) or s.letters.startswith(text.upper())]
    if len(matching) == 1:
        return matching[0]
    if not matching:
        raise refuse(text, f"is no suite: neither a path, nor a name or letters of one in {root}")
    raise refuse(text, f"may be any of {', '.join(s.path.name for s in matching[:5])}")


def find_trial(text: str, root: Path) -> tuple[Suite, TrialDirectory]:
    """A trial as SUITE/TRIAL, the suite as for `find_suite`; or by the path of its directory, or of an earlier attempt.

    Raises:
        Refused: there is none, or several.
    """
    path = Path(text).expanduser().resolve()
    if (path / "trial.json").is_file():
        suite = next((up for up in path.parents if (up / "suite.json").is_file()), None)
        if suite is None:
            raise refuse(text, "is the directory of a trial, and in no suite: its jar and its study are not known")
        return Suite(suite), TrialDirectory(path)
    name, _, number = text.rstrip("/").rpartition("/")
    if not name or (Path(text).expanduser() / "suite.json").is_file():
        raise refuse(text, "names no trial: write SUITE/TRIAL, such as QKZJ/001")
    found = find_suite(name, root)
    return found, found.numbered(number)


@contextlib.contextmanager
def held(suite: Suite) -> Iterator[Suite]:
    """Hold a suite for the time of a block."""
    suite.hold()
    try:
        yield suite
    finally:
        suite.release()


def describe_inputs(trials: Sequence[Trial[Any]]) -> str:
    """FrankenPaxos's inputs.txt: one line of values for each trial."""
    return "".join(f"{trial.params}\n" for trial in trials)
