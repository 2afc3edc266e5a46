"""Which study files a suite may have run: what a suite names is not run unless the user names it, too.

A suite may come from elsewhere. A study file is Python code, so its name in `suite.json` is not enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fpray.errors import Cause, refuse
from fpray.store.suite import Suite
from fpray.study.study_file import StudyFile, is_study_file


def known_study_file(
    recorded_selection: Mapping[str, Any], suite: Suite, file: StudyFile | None, *, accept_change: bool
) -> StudyFile | None:
    """The study file of an earlier command of a suite, as this command has read it; None for a study with a name.

    recorded_selection: what the earlier command selects. file: that of this command.

    Raises:
        Refused: this command does not name the file, or its content is not what the suite states.
    """
    name = str(recorded_selection.get("study", ""))
    if not is_study_file(name):
        return None
    if file is None or Path(name).expanduser().resolve() != file.path.resolve():
        sentence = (
            f"has trials of the study file {name}, which this command does not name. To continue them, add"
            f" --study {name}; to start a new suite (directory of results), add --new: the old results are kept"
        )
        raise refuse(suite.path.name, sentence, Cause.OTHER_REQUEST)
    if suite.record.study_files.get(name) != file.sha256 and not accept_change:
        is_recorded = name in suite.record.study_files
        state = "and that file has changed since" if is_recorded else "but does not record what was in that file then"
        sentence = (
            f"has trials of the study file {name}, {state}. To continue them with the file as it is now, add"
            " --accept-change. To start a new suite (directory of results), add --new: the old results are kept"
        )
        raise refuse(suite.path.name, sentence, Cause.OTHER_REQUEST)
    return file
