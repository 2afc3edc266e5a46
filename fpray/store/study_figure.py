"""The figure that a study brings: what `fpray plot` draws of its suites where the user says nothing else."""

from __future__ import annotations

from typing import TypedDict


class StudyFigure(TypedDict, total=False):
    """A kind of figure, and the columns of its axes and series, as the options of `fpray plot` name them.

    What is missing is chosen by what varies. An empty `by` makes one series of all configurations.
    """

    kind: str
    x: str
    y: str
    by: list[str]
