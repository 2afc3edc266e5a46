"""Every file name of a suite and of a trial's directory, each stated once; a source of trials may add its own.

<time>_<suite id>_<name>/                       a suite; its id is ten letters
    args.json inputs.txt start_time.txt stop_time.txt results.csv       FrankenPaxos's
    suite.json results.parquet suite.lock progress.json driver.log      fpray's
    pilot/                                                              the suite of its pilot
    debug/001-1/                                                        a run of `fpray debug`, laid out as a trial
    001/                                        a trial
        input.json input.txt log.txt config.pbtxt pids.json *_cmd.txt   FrankenPaxos's
        trial.json plan.json events.json recorder.parquet outcome.json  fpray's; outcome.json is written last
        machines.parquet
        attempts/1/                                                     an earlier attempt, whole

`fpray archive` adds README.md and SHA256SUMS to a suite. `fpray export --recorder` writes FrankenPaxos's data.csv.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# A suite, as FrankenPaxos lays it out.
ARGS: Final = "args.json"
INPUTS: Final = "inputs.txt"
START_TIME: Final = "start_time.txt"  # also of a trial, where no two attempts have the same
STOP_TIME: Final = "stop_time.txt"  # also of a trial
RESULTS_CSV: Final = "results.csv"

# What fpray adds to a suite.
SUITE: Final = "suite.json"
RESULTS_PARQUET: Final = "results.parquet"
SUITE_LOCK: Final = "suite.lock"
PROGRESS: Final = "progress.json"
DRIVER_LOG: Final = "driver.log"
PILOT: Final = "pilot"
DEBUG: Final = "debug"

# A trial, as FrankenPaxos lays it out.
INPUT_JSON: Final = "input.json"
INPUT_TXT: Final = "input.txt"
LOG: Final = "log.txt"
CONFIG: Final = "config.pbtxt"
PIDS: Final = "pids.json"
DATA_CSV: Final = "data.csv"  # the rows of all its clients; FrankenPaxos compresses it
DATA_CSV_GZ: Final = f"{DATA_CSV}.gz"

# What fpray adds to a trial.
TRIAL: Final = "trial.json"
PLAN: Final = "plan.json"
EVENTS: Final = "events.json"
RECORDER: Final = "recorder.parquet"
MACHINES: Final = "machines.parquet"  # what processes and machines did, each second
OUTCOME: Final = "outcome.json"
OWN_ERROR: Final = "fpray_error.txt"  # the traceback of an error in fpray, by which the trial failed
ATTEMPTS: Final = "attempts"
README: Final = "README.md"  # of an archive, and so of a suite that was unpacked from one
CHECKSUMS: Final = "SHA256SUMS"  # the same
ARRIVALS: Final = ".home-"  # what a suite's directory for files from other machines begins with, while they arrive


def trial_number(number: int) -> str:
    """The directory of a trial in its suite."""
    return f"{number:03d}"


def command_file(label: str) -> str:
    """The command line of a process, to paste into a shell."""
    return f"{label}_cmd.txt"


def stdout_file(label: str) -> str:
    """What a process printed."""
    return f"{label}_out.txt"


def stderr_file(label: str) -> str:
    """What a process printed to its standard error."""
    return f"{label}_err.txt"


def returncode_file(label: str) -> str:
    """What a shell would show as the return code of a process."""
    return f"{label}_returncode.txt"


def data_file(label: str) -> str:
    """The rows that a client measured."""
    return f"{label}_data.csv"


def label_of(log: str) -> str:
    """The label, or the path up to it, of the process that has this `stdout_file` or `stderr_file`."""
    return log.removesuffix(stdout_file("")).removesuffix(stderr_file(""))


def next_number(names: Iterable[str]) -> int:
    """The number after those of names; a name that is no number is no name of ours, and does not count."""
    return 1 + max((int(name) for name in names if re.fullmatch("[0-9]{1,9}", name)), default=0)
