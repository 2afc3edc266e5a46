"""Histories: suites of successive versions, and between which of them a figure changed."""

from fpray_analysis.histories.changes import Change, History
from fpray_analysis.histories.run import history

__all__ = ["Change", "History", "history"]
