"""Which trials there are."""

from __future__ import annotations

from fpray.study.search_study import Search
from fpray.study.study import Study

__all__ = ["Search", "Study"]
