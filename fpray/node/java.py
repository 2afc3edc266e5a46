"""Which java program starts the JVMs of this machine."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

JAVA = "java"  # not a path: JAVA_HOME's, else PATH's


def java_program(java: str) -> str:
    """The program that `--java` means here: for the bare word `java`, the one of JAVA_HOME where there is one."""
    return (java_of_home() or java) if java == JAVA else java


def java_of_home() -> str | None:
    """The java of JAVA_HOME; None if that is not set, or has none."""
    home = os.environ.get("JAVA_HOME")
    path = Path(home, "bin", JAVA).absolute() if home else None
    return str(path) if path is not None and os.access(path, os.X_OK) and path.is_file() else None


def other_java(java: str) -> str | None:
    """The java of PATH, where JAVA_HOME's is used in place of it and is another program."""
    of_home, on_path = java_of_home(), shutil.which(JAVA)
    if java != JAVA or of_home is None or on_path is None:
        return None
    return on_path if Path(on_path).resolve() != Path(of_home).resolve() else None


def java_version(java: str) -> int:
    """The major version of a java program, such as 8 or 17, by the files beside it; 0 where they do not say it.

    No JVM is started for it: this is asked before each trial. Every JDK since 7 has the file `release`.
    """
    path = shutil.which(java)
    if path is None:
        return 0
    for home in Path(path).resolve().parents[1:3]:  # a JDK 8 has a second `java` in jre/bin
        with contextlib.suppress(OSError, UnicodeDecodeError):
            release = (home / "release").read_text()
            if match := re.search(r'^JAVA_VERSION="(?:1\.)?(\d{1,4})', release, re.MULTILINE):
                return int(match[1])
    return 0
