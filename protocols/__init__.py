"""The protocols that fpray carries: one file each, data only. `REGISTRY` is what the engine reads.

`protocols/<name>.py` defines one value, `<NAME>`. It is imported when the protocol is looked up.
"""

from __future__ import annotations

import importlib
from functools import partial
from typing import Any

from fpray.protocol import Protocol
from fpray.protocol.on_demand import OnDemand

NAMES = (
    "batchedunreplicated",
    "craq",
    "epaxos",
    "fasterpaxos",
    "fastmultipaxos",
    "horizontal",
    "matchmakermultipaxos",
    "mencius",
    "multipaxos",
    "scalog",
    "simplebpaxos",
    "simplegcbpaxos",
    "superbpaxos",
    "supermencius",
    "supermultipaxos",
    "unanimousbpaxos",
    "unreplicated",
    "vanillamencius",
)


def _protocol(name: str) -> Protocol[Any]:
    protocol: Protocol[Any] = getattr(importlib.import_module(f"{__name__}.{name}"), name.upper())
    return protocol


REGISTRY = OnDemand({name: partial(_protocol, name) for name in NAMES})
