"""Which trials there are."""

from __future__ import annotations

from fpray.study.study import Search, Study

__all__ = ["Search", "Study"]
