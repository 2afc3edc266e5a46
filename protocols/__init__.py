"""The protocols that fpray carries: one file each, data only. `REGISTRY` is what the engine finds."""

from __future__ import annotations

from typing import Any

from fpray.protocol import Protocol
from protocols.multipaxos import MULTIPAXOS
from protocols.unreplicated import UNREPLICATED

REGISTRY: dict[str, Protocol[Any]] = {protocol.name: protocol for protocol in (MULTIPAXOS, UNREPLICATED)}
