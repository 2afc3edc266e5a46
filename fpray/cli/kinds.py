"""The registry of kinds of suites and studies beside sweeps: how each is shown, and its name."""

from __future__ import annotations

from fpray.report.sections import Sections
from fpray.searching.search_study import Search
from fpray.searching.section import SearchSection

ADAPTIVE = Search.command  # the command of a study that chooses its trials while it runs
SECTIONS: Sections = {ADAPTIVE: SearchSection()}
