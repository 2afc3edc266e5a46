"""The protocols that fpray carries: one file each, data only. `REGISTRY` is what the engine finds."""

from __future__ import annotations

from typing import Any

from fpray.protocol import Protocol
from protocols.batchedunreplicated import BATCHEDUNREPLICATED
from protocols.craq import CRAQ
from protocols.epaxos import EPAXOS
from protocols.fasterpaxos import FASTERPAXOS
from protocols.fastmultipaxos import FASTMULTIPAXOS
from protocols.horizontal import HORIZONTAL
from protocols.matchmakermultipaxos import MATCHMAKERMULTIPAXOS
from protocols.mencius import MENCIUS
from protocols.multipaxos import MULTIPAXOS
from protocols.scalog import SCALOG
from protocols.simplebpaxos import SIMPLEBPAXOS
from protocols.simplegcbpaxos import SIMPLEGCBPAXOS
from protocols.superbpaxos import SUPERBPAXOS
from protocols.supermencius import SUPERMENCIUS
from protocols.supermultipaxos import SUPERMULTIPAXOS
from protocols.unanimousbpaxos import UNANIMOUSBPAXOS
from protocols.unreplicated import UNREPLICATED
from protocols.vanillamencius import VANILLAMENCIUS

REGISTRY: dict[str, Protocol[Any]] = {
    protocol.name: protocol
    for protocol in (
        BATCHEDUNREPLICATED,
        CRAQ,
        EPAXOS,
        FASTERPAXOS,
        FASTMULTIPAXOS,
        HORIZONTAL,
        MATCHMAKERMULTIPAXOS,
        MENCIUS,
        MULTIPAXOS,
        SCALOG,
        SIMPLEBPAXOS,
        SIMPLEGCBPAXOS,
        SUPERBPAXOS,
        SUPERMENCIUS,
        SUPERMULTIPAXOS,
        UNANIMOUSBPAXOS,
        UNREPLICATED,
        VANILLAMENCIUS,
    )
}
