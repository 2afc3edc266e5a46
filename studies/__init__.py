"""The studies that fpray carries, one file each: `studies/<protocol>/<name>.py` holds one value, `STUDY`.

That is the form of a user's own study file, too. All but the smokes are the papers' sweeps (docs/studies.md).
`REGISTRY` (protocol -> name -> study) is what the engine finds.
"""

from __future__ import annotations

import importlib
import pkgutil

from fpray.study import Study


def _found() -> dict[str, dict[str, Study]]:
    registry: dict[str, dict[str, Study]] = {}
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        if not module.ispkg:
            study = importlib.import_module(module.name).STUDY
            registry.setdefault(study.protocol, {})[study.name] = study
    return registry


REGISTRY = _found()
