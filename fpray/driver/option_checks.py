"""What is wrong with the value of an option: alone, or beside the other options of the same command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fpray.cluster.inventory import is_launcher_file
from fpray.errors import Cause, Problem, nearest


def at_least(lowest: int) -> Callable[[int], str | None]:
    """A check of a number."""
    sentence = "must be 0 or more" if lowest == 0 else f"must be at least {lowest}"
    return lambda value: None if value >= lowest else sentence


def one_of(words: Sequence[str]) -> Callable[[str], str | None]:
    """A check of a word."""
    return lambda word: None if word in words else f"must be one of {', '.join(words)}{nearest(word, words)}"


def is_absolute(path: str) -> str | None:
    """A check of a directory on machines."""
    if path.startswith("/"):
        return None
    return "must be an absolute path, such as /data: trials use this directory on every machine"


def profiler_alone(values: Mapping[str, Any]) -> Iterator[Problem]:
    """`--profiler` in a request that profiles nothing."""
    names = {*values.get("set", ()), *values.get("vary", ())}
    if values.get("profiler") and not values.get("profile") and "profiled" not in names:
        yield Problem("--profiler", "has no effect without -p/--profile: add that, or remove it", Cause.OPTION)


def set_and_varied(values: Mapping[str, Any]) -> Iterator[Problem]:
    """`--vary` beside `--set`: each parameter has values in one of them."""
    for key, points in values["vary"].items():
        if not points:
            yield Problem(
                f"--vary {key}", f"lists no value: write its values after =, such as --vary {key}=1,2", Cause.POINTS
            )
        if key in values["set"]:
            yield Problem(key, "has values in --vary and in --set: remove it from one of the two", Cause.POINTS)


def cross_without_grid(values: Mapping[str, Any]) -> Iterator[Problem]:
    """`--cross` without `--vary`."""
    if values["cross"] and not values["vary"]:
        yield Problem(
            "--cross",
            "needs values of --vary, to combine them with each point of the study: add --vary, such as --vary f=1,2",
            Cause.POINTS,
        )


def limit_without_until(values: Mapping[str, Any]) -> Iterator[Problem]:
    """`--repeat-at-most` without `--repeat until:SHARE`."""
    if values["repeat_at_most"] is not None and not isinstance(values["repeat"], str):
        sentence = "limits repeats that go on until a throughput is known: add --repeat until:2%, or remove it"
        yield Problem("--repeat-at-most", sentence, Cause.OPTION)


def shared_by_unknown_number(values: Mapping[str, Any]) -> Iterator[Problem]:
    """`--share-machines` without `--parallel`."""
    if values["share_machines"] and values["parallel"] is None:
        yield Problem(
            "--share-machines",
            "needs the number of trials that share the machines: add --parallel, such as --parallel 2",
            Cause.OPTION,
        )


def local_and_others(values: Mapping[str, Any]) -> Iterator[Problem]:
    """`--local` beside `--address`, or beside a launcher configuration."""
    if values["local"] and values["cluster"] and is_launcher_file(Path(values["cluster"])):
        others = f"means this machine only, but --cluster {values['cluster']} names other machines: remove one of the"
        yield Problem("--local", f"{others} two options", Cause.OPTION)
    if values["local"] and values["address"].ray is not None:
        yield Problem(
            "--local",
            f"means this machine only, but --address {values['address'].ray} names a cluster: remove one of the"
            " two options",
            Cause.OPTION,
        )
