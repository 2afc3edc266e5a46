"""Which study files a suite may have run: what a suite names is not run unless the user names it, too.

A suite may come from elsewhere. A study file is Python code, so its name in `suite.json` is not enough.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fpray.driver.experiment import Experiment
from fpray.errors import Cause, refuse
from fpray.store.suite import Suite


def study_files(experiment: Experiment) -> dict[str, str]:
    """What `suite.json` keeps of the study file of a command: path -> SHA-256; empty for a study with a name."""
    name = experiment.selection.study
    return {name: _hash(Path(name))} if name.endswith(".py") else {}


def check_study_file(words: Mapping[str, Any], suite: Suite, experiment: Experiment) -> None:
    """Check that the study of an earlier command of a suite may be read again: a name, or a file that is known.

    Raises:
        Refused: it is a file that this command does not name, or its content is not what the suite states.
    """
    name, study = str(words.get("study", "")), experiment.selection.study
    if not name.endswith(".py"):
        return
    if not study.endswith(".py") or Path(name).expanduser().resolve() != Path(study).resolve():
        sentence = (
            f"has trials of the study file {name}, which this command does not name. To continue them, add"
            f" --study {name}; to start a new suite (directory of results), add --new: the old results are kept"
        )
        raise refuse(suite.path.name, sentence, Cause.OTHER_REQUEST)
    if suite.record.study_files.get(name) != _hash(Path(study)) and not experiment.policy.accept_change:
        state = "has changed since" if name in suite.record.study_files else "of that time is not known"
        sentence = (
            f"has trials of the study file {name}, and the content of the file {state}. To start a new suite"
            " (directory of results), add --new: the old results are kept; to continue with the file as it is"
            " now, add --accept-change"
        )
        raise refuse(suite.path.name, sentence, Cause.OTHER_REQUEST)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
