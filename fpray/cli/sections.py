"""The registry of kinds of suites: how each kind is shown."""

from __future__ import annotations

from fpray.report.sections import Sections
from fpray.searching.section import SearchSection
from fpray.study.search_study import Search

SECTIONS: Sections = {Search.command: SearchSection()}
