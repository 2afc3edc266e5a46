"""The directory in which suites are made and looked for without `-s`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from fpray.files.paths import absolute

USUAL_ROOT: Final = "./suites"
ROOT_VARIABLE: Final = "FPRAY_SUITE_DIRECTORY"  # the environment variable that names another one


def usual_root() -> Path:
    """Where suites go, and are looked for, without `-s`."""
    return absolute(os.environ.get(ROOT_VARIABLE) or USUAL_ROOT)
