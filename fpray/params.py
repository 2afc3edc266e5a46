"""Parameters, for authors of protocols: reading, writing and flattening their values."""

from __future__ import annotations

from fpray.protocol.params import flatten
from fpray.protocol.values import parse_duration, seconds, show_duration

__all__ = ["flatten", "parse_duration", "seconds", "show_duration"]
