"""The studies that fpray carries, protocol -> name -> study. `REGISTRY` is what the engine finds."""

from __future__ import annotations

from fpray.study import Study
from studies.smoke import SMOKE


def _by_protocol(*studies: Study) -> dict[str, dict[str, Study]]:
    found: dict[str, dict[str, Study]] = {}
    for study in studies:
        found.setdefault(study.protocol, {})[study.name] = study
    return found


REGISTRY = _by_protocol(*SMOKE)
