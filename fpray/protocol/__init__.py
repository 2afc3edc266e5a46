"""What a protocol is: everything that an author of a protocol opens."""

from __future__ import annotations

from fpray.protocol.protocol import Protocol
from fpray.protocol.role import At, Endpoint, Index, Role

__all__ = ["At", "Endpoint", "Index", "Protocol", "Role"]
