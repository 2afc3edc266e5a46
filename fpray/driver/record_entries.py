"""What `suite.json` states of the latest command that has run the suite: its jar, environment and study file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fpray.driver.experiment import Experiment
from fpray.jar.provenance import jar_record
from fpray.store.suite import Suite


def record_entries(experiment: Experiment, suite: Suite) -> Mapping[str, Any]:
    """Entry of `suite.json` -> its value from now on."""
    name, file = experiment.selection.study, experiment.study_file
    files = {name: file.sha256} if file is not None else {}
    return {
        "jar": jar_record(experiment.environment.jar),
        "study_files": suite.record.study_files | files,
        "settings": experiment.settings.in_place_of(suite.record.settings),
    }
