"""Which trials there are."""

from __future__ import annotations

from fpray.study.study import Study

__all__ = ["Study"]
