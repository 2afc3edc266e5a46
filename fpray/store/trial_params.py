"""The parameters that a trial was run with, from its `trial.json`: as text of any version, or as today's protocol's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fpray.errors import Cause, refuse
from fpray.files import layout
from fpray.plan.plan import Trial
from fpray.protocol.protocol import Protocol
from fpray.protocol.values import BadValue, from_json
from fpray.store.suite_record import TrialRecord


def flat_params(params: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted name -> value as it is written: also of parameters that the protocol does not have any more."""
    flat: dict[str, Any] = {}
    for name, value in params.items():
        if isinstance(value, Mapping):
            flat |= flat_params(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def read_params(protocol: Protocol[Any], record: TrialRecord) -> Any | None:
    """The parameters of a trial; None if they are not those of today's protocol."""
    try:
        return from_json(protocol.params, record["params"])
    except BadValue:
        return None


def read_trial(protocol: Protocol[Any], record: TrialRecord, where: str) -> Trial[Any]:
    """The trial that a record is of. where: the suite or the trial, for a message.

    Raises:
        Refused: today's protocol has other parameters.
    """
    try:
        params = from_json(protocol.params, record["params"])
    except BadValue as bad:
        sentence = f"has results of another version of fpray, in which {protocol.name} had other parameters: {bad}"
        raise refuse(
            where,
            f"{sentence}. Continue with the version that wrote them ({layout.SUITE} names it), or start a new suite"
            " (directory of results) with --new: the old results are kept",
            Cause.OTHER_VERSION,
        ) from None
    return Trial(protocol, params, record["repeat"])
