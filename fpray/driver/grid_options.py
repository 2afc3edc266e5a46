"""The options that choose among the trials of a study, or make a grid, each stated once: of sweeps and plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

from fpray.driver.option import Completion, Group, Option
from fpray.driver.option_checks import at_least, cross_without_grid, limit_without_until, set_and_varied
from fpray.driver.option_texts import FEWEST, MOST_REPEATS, Texts, as_list, read_repeat, read_vary, read_where


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
        int | str | None,
        Option(
            "run each point N times, or at least 3 times until its mean throughput is known to a share such as 2%",
            Group.TRIALS,
            default_words="the study's",
            metavar="N|until:SHARE",
            convert=read_repeat,
        ),
    ]
    repeat_at_most: Annotated[
        int | None,
        Option(
            "with --repeat until:SHARE, run each point at most N times",
            Group.TRIALS,
            default_words=str(MOST_REPEATS),
            metavar="N",
            check=at_least(FEWEST),
            conflicts=limit_without_until,
        ),
    ]
