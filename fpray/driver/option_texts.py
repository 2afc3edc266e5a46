"""How the texts and values of options are read: each reader gives the value that is meant, and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any

from fpray.driver.notify_targets import read_targets
from fpray.errors import Cause, Problem, refuse
from fpray.files.paths import absolute
from fpray.files.printable import printable
from fpray.files.secret import Secret
from fpray.files.shown import in_brief
from fpray.jar.find import REFERENCE
from fpray.plan.host_names import is_address
from fpray.plan.placement_policy import parse_place
from fpray.protocol.python_value import MOST_VALUES
from fpray.study.grid import key_values, parse_set, parse_vary, split_values
from fpray.study.study_file import is_study_file

PathText = str | PathLike[str]
Texts = str | Sequence[str]
# Of `--repeat until:SHARE`: repeats of a point in any case, repeats where the user says no limit, and shares.
FEWEST, MOST_REPEATS = 3, 10
NARROWEST, WIDEST = 0.001, 0.5
_SMALLEST, _LARGEST = 10_000, 10**15  # bytes
SHORT_ADDRESS = "-a "  # before an address that was spelled so
_RAY_PORT, _RAY_WORDS, _HOST = 6379, ("auto", "local"), re.compile(r"[A-Za-z0-9.-]+")
_UNTIL = re.compile(r"until:(?P<number>\d{1,9}(?:\.\d{1,9})?)(?P<percent>%?)", re.ASCII)
_FLAG = re.compile(r"(?P<role>[^:]*):--(?P<name>[^\s=]+)=(?P<value>.*)", re.DOTALL)


def listed(value: Texts) -> Sequence[str]:
    """One text as a list of one."""
    return [value] if isinstance(value, str) else value


def as_list(value: Any) -> tuple[tuple[str, ...], Iterable[Problem]]:
    """A text, or several, as a list; nothing can be wrong with it."""
    return tuple(listed(value)), ()


def read_path(value: PathText) -> str:
    """A path, absolute."""
    return str(absolute(value))


def read_jar(value: PathText) -> str:
    """The path of a jar, or the word for the reference jar."""
    return REFERENCE if value == REFERENCE else read_path(value)


def read_profiler(value: str) -> str | None:
    """`async=PATH`, with an absolute path; None for JDK Flight Recorder."""
    name, _, path = value.partition("=")
    if value == "jfr":
        return None
    if name != "async" or not path:
        sentence = "must be jfr, or async=PATH, such as async=/opt/async-profiler/lib/libasyncProfiler.so"
        raise refuse(f"--profiler {in_brief(value)}", sentence, Cause.OPTION)
    return f"{name}={read_path(path)}"


def read_study(value: PathText) -> str:
    """The name of a study, or the path of a file that defines one."""
    return read_path(value) if is_study_file(fspath(value)) else fspath(value)


def read_scratch(value: PathText) -> str:
    """A directory on machines; `~` is the home directory on this one."""
    return read_path(value) if fspath(value).startswith("~") else fspath(value)


def read_notify(value: Any) -> tuple[tuple[Secret, ...], Iterable[Problem]]:
    """Commands and URLs."""
    return read_targets(listed(value))


def read_vary(value: Mapping[str, Any] | Sequence[str]) -> tuple[Mapping[str, Sequence[Any]], list[Problem]]:
    """Key -> values: from Python, or `KEY=V1,V2` texts; a value with commas is written as JSON."""
    if not isinstance(value, Mapping):
        return parse_vary(value)
    return {key: _values(values) for key, values in value.items()}, []


def read_repeat(value: Any) -> int | str:
    """How often each point runs: a number, or `until:2%`.

    Raises:
        Refused: it is neither.
    """
    if isinstance(value, int):
        if value < 1:
            raise refuse(str(value), "must be at least 1", Cause.OPTION)
        return value
    text = str(value)
    if share_of(text) is None:
        low, high = f"{NARROWEST:.1%}", f"{WIDEST:.0%}"
        sentence = f"must be a number of repeats, or until: and a share from {low} to {high}, such as until:2%"
        raise refuse(in_brief(text), sentence, Cause.OPTION)
    return text


def share_of(text: str) -> float | None:
    """The share of `until:2%` or `until:0.02`; None where it is none that can be reached."""
    match = _UNTIL.fullmatch(text)
    share = float(match["number"]) / (100 if match["percent"] else 1) if match else 0.0
    return share if NARROWEST <= share <= WIDEST else None


def read_where(value: Mapping[str, Any] | Sequence[str]) -> tuple[Mapping[str, Sequence[Any]], list[Problem]]:
    """The same for `--where`."""
    if isinstance(value, Mapping):
        return read_vary(value)
    texts, problems = key_values("--where", value)
    return {key: split_values(text) for key, text in texts.items()}, problems


def _values(values: Any) -> Sequence[Any]:
    """The values of one parameter: a sequence, one value, or the command line's text."""
    if isinstance(values, str):
        return split_values(values)
    if isinstance(values, range):
        return values if values[MOST_VALUES:] else list(values)  # so many are refused by their number
    return values if isinstance(values, list) else [values]


def read_set(value: Mapping[str, Any] | Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    """Key -> value: from Python, or `KEY=VALUE` texts."""
    return (dict(value), []) if isinstance(value, Mapping) else parse_set(value)


def read_jvm_args(value: Texts) -> tuple[dict[str, list[str]], list[Problem]]:
    """`ROLE:ARG` texts as role -> arguments."""
    arguments: dict[str, list[str]] = {}
    problems = []
    for text in listed(value):
        role, colon, argument = text.partition(":")
        if colon and argument:
            arguments.setdefault(role, []).append(argument)
        else:
            problems.append(
                Problem(
                    f"--jvm-arg {text}",
                    "write a role, a colon and a JVM argument, such as --jvm-arg leader:-XX:+UseParallelGC",
                    Cause.OPTION,
                )
            )
    return arguments, problems


def read_flags(value: Texts) -> tuple[dict[str, dict[str, str]], list[Problem]]:
    """`ROLE:--name=value` texts as role -> flag -> value."""
    flags: dict[str, dict[str, str]] = {}
    problems = []
    for text in listed(value):
        match = _FLAG.fullmatch(text)
        if match is None:
            problems.append(
                Problem(
                    f"--flag {text}",
                    "write a role, a colon, and a flag with its value, such as --flag leader:--options.window=8",
                    Cause.OPTION,
                )
            )
            continue
        of_role = flags.setdefault(match["role"], {})
        if match["name"] in of_role:
            problems.append(
                Problem(
                    f"--flag {text}",
                    f"--{match['name']} is given twice: remove one of the two --flag options",
                    Cause.OPTION,
                )
            )
        of_role[match["name"]] = match["value"]
    return flags, problems


def read_size(value: str | int) -> tuple[int, list[Problem]]:
    """Bytes, as a number or as `100m`: k, m, g and t are powers of 1,000."""
    match = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,3})?)([kmgt]?)b?", str(value).strip().lower())
    size = int(float(match[1]) * 1000 ** " kmgt".index(match[2] or " ")) if match else 0
    if _SMALLEST <= size <= _LARGEST:
        return size, []
    sentence = "is not a size: write a number of bytes from 10k to 1000t, such as 100m or 2g"
    return _SMALLEST, [Problem(f"--max-output {printable(str(value), most=40)}", sentence, Cause.OPTION)]


def read_place(value: Texts) -> tuple[dict[str, str], list[Problem]]:
    """`HOW` or `ROLE=HOW` texts as role -> placement policy."""
    policy, problems = parse_place(listed(value))
    return dict(sorted(policy.items())), problems


@dataclass(frozen=True)
class RayAddress:
    """What `--address` names: the address of a Ray cluster, and a remark on it."""

    ray: str | None = None
    remark: str | None = None


def read_address(value: str | Sequence[str] | None) -> tuple[RayAddress, list[Problem]]:
    """One Ray address; one without a port gets the port at which Ray's head listens by default.

    `-a IP`, so spelled, is FrankenPaxos's, and had no effect there: it is ignored with a remark.
    """
    texts = listed(value or ())
    problems = []
    if len(texts) > 1:
        sentence = (
            "takes one address only, that of a Ray cluster, such as 10.0.0.5:6379. To name machines, use --cluster FILE"
        )
        problems.append(Problem("--address", sentence, Cause.OPTION))
    text = texts[0] if texts else None
    if text is None:
        return RayAddress(), problems
    address = text.removeprefix(SHORT_ADDRESS)
    if not address.strip():  # of a shell's variable that is not set: another cluster than the one meant would be used
        empty = "is empty: write the address of a Ray cluster, such as 10.0.0.5:6379, or remove the option"
        return RayAddress(), [*problems, Problem("--address ''", empty, Cause.OPTION)]
    is_ip = is_address(address)
    if address != text and is_ip:
        remark = (
            f"note: fpray ignores -a {address}, as FrankenPaxos's scripts do, and the sweep continues. To choose"
            " machines, use --cluster FILE"
        )
        return RayAddress(remark=remark), problems
    if not is_ip and (address in _RAY_WORDS or _HOST.fullmatch(address) is None):
        return RayAddress(address), problems
    whole = f"[{address}]:{_RAY_PORT}" if ":" in address else f"{address}:{_RAY_PORT}"
    remark = (
        f"note: --address {address} has no port, so the sweep uses the Ray cluster at {whole}. To choose"
        " machines, use --cluster FILE"
    )
    return RayAddress(whole, remark), problems
