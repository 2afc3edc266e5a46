"""The protocols that fpray carries: one file each, data only. `REGISTRY` is what the engine reads."""

from __future__ import annotations

from typing import Any

from fpray.protocol import Protocol
from fpray_protocols.batchedunreplicated import BATCHEDUNREPLICATED
from fpray_protocols.craq import CRAQ
from fpray_protocols.epaxos import EPAXOS
from fpray_protocols.fasterpaxos import FASTERPAXOS
from fpray_protocols.fastmultipaxos import FASTMULTIPAXOS
from fpray_protocols.horizontal import HORIZONTAL
from fpray_protocols.matchmakermultipaxos import MATCHMAKERMULTIPAXOS
from fpray_protocols.mencius import MENCIUS
from fpray_protocols.multipaxos import MULTIPAXOS
from fpray_protocols.scalog import SCALOG
from fpray_protocols.simplebpaxos import SIMPLEBPAXOS
from fpray_protocols.simplegcbpaxos import SIMPLEGCBPAXOS
from fpray_protocols.superbpaxos import SUPERBPAXOS
from fpray_protocols.supermencius import SUPERMENCIUS
from fpray_protocols.supermultipaxos import SUPERMULTIPAXOS
from fpray_protocols.unanimousbpaxos import UNANIMOUSBPAXOS
from fpray_protocols.unreplicated import UNREPLICATED
from fpray_protocols.vanillamencius import VANILLAMENCIUS

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
