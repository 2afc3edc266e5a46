"""The options that choose among the trials of a study, or make a grid, each stated once: of sweeps and plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

from fpray.driver.option import Completion, Group, Option
from fpray.driver.option_checks import at_least, cross_without_grid, set_and_varied
from fpray.driver.option_texts import Texts, as_list, read_vary, read_where


class GridOptions(TypedDict, total=False):
    """Which trials of a study."""

    vary: Annotated[
        Mapping[str, Sequence[Any] | str],
        Option(
            "run trials with each of these values of a parameter; several --vary make a grid of all combinations",
            Group.TRIALS,
            {},
            completion=Completion.PARAMETERS,
            metavar="KEY=V1,V2",
            read=read_vary,
            conflicts=set_and_varied,
        ),
    ]
    cross: Annotated[
        bool,
        Option("run the grid of --vary at each point of the study", Group.TRIALS, False, conflicts=cross_without_grid),
    ]
    only: Annotated[
        Texts,
        Option(
            "run only the points with these numbers, of the study or of the grid",
            Group.TRIALS,
            (),
            metavar="N[-M]",
            read=as_list,
        ),
    ]
    where: Annotated[
        Mapping[str, Sequence[Any] | str],
        Option(
            "run only the points at which a parameter has one of these values",
            Group.TRIALS,
            {},
            metavar="KEY=V1,V2",
            read=read_where,
        ),
    ]
    repeat: Annotated[
        int | None,
        Option("run each point N times", Group.TRIALS, default_words="the study's", metavar="N", check=at_least(1)),
    ]
