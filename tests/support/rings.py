"""The rings of tests: markers that follow from fixtures, and a fast ring that reaches neither Ray nor a JDK.

`FPRAY_TEST_RING=fast` (set by `make check`) takes both away, from this process and from those that it starts.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

# A test that uses one of these needs what its marker says.
_NEEDS = {"reference_jar": ("jvm",), "ray_address": ("ray", "jvm"), "wheel": ("jvm",)}
_NO_RAY = 'raise ImportError("a test of the fast ring reached Ray: mark it `ray` (tests/README.md)")\n'
_NO_JDK = "#!/bin/sh\necho 'a test of the fast ring reached a JDK: mark it `jvm` (tests/README.md)' >&2\nexit 127\n"
_JDK = ("java", "javac", "jar", "jcmd", "jps")


def mark_by_fixtures(items: list[pytest.Item]) -> None:
    """Give each test the markers of the fixtures that it uses."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            for marker in _NEEDS.get(fixture, ()):
                item.add_marker(marker)


# About how long a test of a kind takes, in seconds.
_SECONDS = {"hosts": 30.0, "ray": 20.0, "slow": 8.0, "jvm": 3.0}


def longest_first(items: list[pytest.Item]) -> None:
    """Order the files by how long their tests take: one that begins last would keep a single process busy at the end.

    A file's tests stay together and in order. (`--no-loadscope-reorder` keeps pytest-xdist from another order.)
    """
    seconds: dict[Path, float] = {}
    for item in items:
        kinds = [own for marker, own in _SECONDS.items() if item.get_closest_marker(marker)]
        seconds[item.path] = seconds.get(item.path, 0.0) + max(kinds, default=0.05)
    items.sort(key=lambda item: (-seconds[item.path], str(item.path)))


def some_fast(values: Iterable[object], every: int) -> list[Any]:
    """Parameters of a test that has many of one kind: one of so many in every ring, the others are slow."""
    marks = (() if place % every == 0 else (pytest.mark.slow,) for place in itertools.count())
    return [pytest.param(value, marks=mark) for value, mark in zip(values, marks, strict=False)]


def needs_jar(items: list[pytest.Item]) -> bool:
    """Whether one of the tests runs JVMs or Ray, so that the reference jar is to be built before them."""
    return any(map(may_run_jvms, items))


def may_run_jvms(item: pytest.Item) -> bool:
    """Whether the test is none of the fast ring, where there is no JDK."""
    return any(item.get_closest_marker(marker) for marker in ("jvm", "ray", "hosts"))


def enforce() -> None:
    """In the fast ring, put programs and a package that fail in the place of a JDK and of Ray."""
    if os.environ.get("FPRAY_TEST_RING") != "fast":
        return
    stubs = Path(tempfile.mkdtemp(prefix="fpray-test-ring-"))
    for program in _JDK:
        (stubs / program).write_text(_NO_JDK)
        (stubs / program).chmod(0o755)
    (stubs / "ray").mkdir()
    (stubs / "ray" / "__init__.py").write_text(_NO_RAY)
    os.environ.pop("JAVA_HOME", None)
    os.environ["PATH"] = f"{stubs}{os.pathsep}{os.environ['PATH']}"
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(stubs), os.environ.get("PYTHONPATH")]))
    sys.path.insert(0, str(stubs))
