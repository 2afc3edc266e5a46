"""The words of a command line as the request that the driver checks."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from fpray.driver.detach import leaving
from fpray.driver.request import Request, TrialSelection, parse_flags, parse_jvm_args
from fpray.errors import Problem
from fpray.plan.placement_policy import parse_place
from fpray.study.grid import parse_set, parse_vary


def request_of(words: Mapping[str, Any], kind: Callable[..., Any] = Request, **more: Any) -> Any:
    """The request of a command line: a sweep's, or of another kind with more to it."""
    if words["identity_file"]:
        click.echo("-i is FrankenPaxos's SSH key: not needed, processes are started by Ray", err=True)
    points, wrong = _selection(words)
    jvm_args, wrong_args = parse_jvm_args(words["jvm_arg"])
    flags, wrong_flags = parse_flags(words["flag"])
    place, wrong_place = parse_place(words["place"])
    wrong += [*wrong_args, *wrong_flags, *wrong_place, *more.pop("wrong_words", ())]
    if len(words["address"]) > 1:
        wrong.append(Problem("--address", "names one Ray cluster; machines are named by --cluster FILE"))
    return kind(
        points,
        suite_directory=words["suite_directory"],
        jar=words["jar"],
        java=words["java"],
        jvm_args=jvm_args,
        flags=flags,
        place=place,
        wrong_words=tuple(wrong),
        cluster_file=words["cluster"],
        address=words["address"][0] if words["address"] else None,
        local=words["local"],
        scratch=words["scratch"],
        command=shlex.join(["fpray", *sys.argv[1:]]),
        **_running(words),
        **more,
    )


def _selection(words: Mapping[str, Any]) -> tuple[TrialSelection, list[Problem]]:
    vary, wrong_vary = parse_vary(words.get("vary", ()))
    fixed, wrong_set = parse_set(words["set_"])
    requested = {"monitored": words["monitor"], "profiled": words["profile"]}
    points = TrialSelection(
        words["protocol"],
        words["study"],
        vary,
        {**{name: "true" for name, wanted in requested.items() if wanted}, **fixed},
        words.get("repeat"),
        words["log_level"],
    )
    return points, [*wrong_vary, *wrong_set]


def _running(words: Mapping[str, Any]) -> dict[str, Any]:
    """What says how trials are run; a plan has none of it."""
    return {
        "keep_raw": words.get("raw", "keep") == "keep",
        "new": words.get("new", False),
        "rerun": tuple(words.get("rerun", ())),
        "accept_change": words.get("accept_change", False),
        "parallel": words.get("parallel"),
        "share_machines": words.get("share_machines", False),
        "leaving": leaving(),
        "notify": tuple(words.get("notify", ())),
        "order": words.get("order"),
        "retries": words.get("retries"),
        "keep_going": words.get("keep_going", False),
        "pilot": words.get("pilot", False),
    }
