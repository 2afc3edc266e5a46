"""The options that say how trials are run, each stated once: the same for every command that runs some."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, TypedDict

from fpray.driver.option import Group, Option
from fpray.driver.option_checks import at_least, shared_by_unknown_number
from fpray.driver.option_texts import Texts, read_notify, read_size
from fpray.files import layout

# A trial that fails because of its machines (a lost actor, a port that was taken) is retried this often.
RETRIES = 2


class RunOptions(TypedDict, total=False):
    """How trials are run, whatever asks for them."""

    raw: Annotated[
        Literal["keep", "drop"],
        Option(
            f"keep {layout.RECORDER} (the rows that the clients recorded) of each trial, or delete it (drop)",
            Group.RESULTS,
            "keep",
        ),
    ]
    no_samples: Annotated[
        bool,
        Option(
            f"do not sample once a second what processes and machines do (no {layout.MACHINES})",
            Group.MEASUREMENTS,
            False,
        ),
    ]
    max_output: Annotated[
        str,
        Option(
            "store at most SIZE bytes of a process's output (the beginning and the end), and of its error output",
            Group.RESULTS,
            "100m",
            metavar="SIZE",
            read=read_size,
        ),
    ]
    new: Annotated[bool, Option("start a new suite, even if an earlier suite can be continued", Group.RESULTS, False)]
    accept_change: Annotated[
        bool,
        Option(
            "continue a suite, even if it was started with another jar, study file or option that changes numbers",
            Group.RESULTS,
            False,
        ),
    ]
    share_machines: Annotated[
        bool,
        Option(
            "let trials that run in parallel share machines, where they may disturb each other",
            Group.MACHINES,
            False,
            conflicts=shared_by_unknown_number,
        ),
    ]
    retries: Annotated[
        int | None,
        Option(
            "retry a trial up to N times if it fails because of a machine",
            Group.FAILURES,
            default_words=str(RETRIES),
            metavar="N",
            check=at_least(0),
        ),
    ]
    keep_going: Annotated[
        bool, Option("continue, even if most trials fail", Group.FAILURES, False, default_words="stop")
    ]
    notify: Annotated[
        Texts,
        Option(
            "run COMMAND, or post to URL, when the run ends, when it stalls, and when most of its trials fail",
            Group.COMMAND,
            (),
            metavar="COMMAND|URL",
            read=read_notify,
        ),
    ]


PARALLEL = Option(
    "run up to N trials in parallel", Group.MACHINES, default_words="all that fit", metavar="N", check=at_least(1)
)
ONE_AT_A_TIME = replace(PARALLEL, default=1, default_words="")
