"""The studies that fpray carries, one file each: `studies/<protocol>/<name>.py` defines one value, `STUDY`.

A user's own study file has the same form. FrankenPaxos ships most of these studies: the sweeps of papers
(docs/studies.md) and a small `smoke` of each protocol. The searches `peak` of multipaxos and `knee` of unreplicated
are fpray's own. `REGISTRY` (protocol -> name -> study) is what the engine reads.
"""

from __future__ import annotations

import importlib
import pkgutil

from fpray.study import Study


def _load() -> dict[str, dict[str, Study]]:
    registry: dict[str, dict[str, Study]] = {}
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        if not module.ispkg:
            study = importlib.import_module(module.name).STUDY
            registry.setdefault(study.protocol, {})[study.name] = study
    return registry


REGISTRY = _load()
