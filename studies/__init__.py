"""The studies that fpray carries, one file each: `studies/<protocol>/<name>.py` defines one value, `STUDY`.

A user's own study file has the same form. FrankenPaxos ships most of these studies: the sweeps of papers
(docs/studies.md) and a small `smoke` of each protocol. The searches `peak` of multipaxos and `knee` of unreplicated
are fpray's own. `REGISTRY` (protocol -> name -> study) is what the engine reads. A study is imported when it is looked
up.
"""

from __future__ import annotations

import importlib
from functools import partial
from pathlib import Path

from fpray.protocol.on_demand import OnDemand
from fpray.study import Study


def _study(protocol: str, name: str) -> Study:
    study: Study = importlib.import_module(f"{__name__}.{protocol}.{name}").STUDY
    return study


def _studies(folder: Path) -> OnDemand[Study]:
    names = sorted(file.stem for file in folder.glob("*.py") if file.stem != "__init__")
    return OnDemand({name: partial(_study, folder.name, name) for name in names})


_FOLDERS = sorted(file.parent for file in Path(__file__).parent.glob("*/__init__.py"))
REGISTRY = OnDemand({folder.name: partial(_studies, folder) for folder in _FOLDERS})
