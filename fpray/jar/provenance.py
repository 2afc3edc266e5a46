"""Where numbers come from: the code, the jar, the packages and the command line behind a suite."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from fpray.jar.find import Jar
from fpray.store.suite_record import JarRecord, Provenance

_PACKAGES = ("fpray", "ray", "pyarrow", "numpy", "pandas", "optuna", "click")

# Programs that a checkout names: one that came as a part of a suite from elsewhere must not run them.
_RUN_NOTHING = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_FILTERS = r"^filter\..*\.(clean|process)$"


def of_driver(jar: Jar, command: str, java: str) -> Provenance:
    """What the driver's side knows; each trial adds its machines."""
    return {
        "command": command,
        "directory": str(Path.cwd()),
        "checkout": git_state(Path.cwd()),
        "fpray_checkout": git_state(Path(__file__).resolve().parent),
        "jar": jar_record(jar),
        "java": java,
        "python": platform.python_version(),
        "packages": _versions(),
        "driver": {"hostname": platform.node(), "kernel": platform.release(), "python": sys.executable},
    }


def jar_record(jar: Jar) -> JarRecord:
    """What is written down about a jar."""
    name = "reference" if jar.reference else jar.path.name
    return {"name": name, "path": str(jar.path), "sha256": jar.sha256, "version": jar.version}


def git_state(directory: Path) -> Mapping[str, Any] | None:
    """Commit and uncommitted changes of the checkout that holds a directory; None outside of one."""
    where = _git(directory, "rev-parse", "--show-toplevel", "HEAD", "--abbrev-ref", "HEAD")
    if where is None:  # no checkout, or one without a commit
        where = _git(directory, "rev-parse", "--show-toplevel")
    if where is None:
        return None
    top, commit, branch = [*where.splitlines(), None, None][:3]
    filters = _git(directory, "config", "--local", "--includes", "--name-only", "--get-regexp", _FILTERS) or ""
    off = [word for name in filters.splitlines() for word in ("-c", f"{name}=")]
    status = _git(directory, *off, "status", "--porcelain", "--ignore-submodules=dirty") or ""
    changes = _git(directory, *off, "diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty", "HEAD") or ""
    return {
        "path": str(top),
        "commit": commit,
        "branch": branch,
        "uncommitted": status.splitlines(),
        "diff_sha256": hashlib.sha256(changes.encode()).hexdigest() if changes else None,
    }


def _git(directory: Path, *words: str) -> str | None:
    try:
        result = subprocess.run(
            ["git", *_RUN_NOTHING, "-C", str(directory), *words],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},  # status writes nothing, which a hook would follow
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout.strip() if result.returncode == 0 else None


def _versions() -> dict[str, str]:
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions
