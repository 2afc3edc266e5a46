"""The jar that trials run: the reference jar, built from source when it is needed, or the user's own."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from fpray.errors import Cause, Problem, refuse
from fpray.files.paths import absolute
from fpray.jar.build import reference_jar

REFERENCE = "reference"


@dataclass(frozen=True)
class Jar:
    """A jar and what identifies it."""

    path: Path
    sha256: str
    version: str
    reference: bool

    def __str__(self) -> str:
        name = f"reference {self.version}" if self.reference else self.path.name
        return f"{name} (sha {self.sha256[:8]})"

    def classes(self) -> set[str]:
        """The full names of its classes, by its directory: no JVM is started."""
        with zipfile.ZipFile(self.path) as archive:
            entries = archive.namelist()
        return {entry.removesuffix(".class").replace("/", ".") for entry in entries if entry.endswith(".class")}


def find_jar(
    which: str | None, java: str, say: Callable[[str], None] = lambda _line: None, *, option: str = "--jar"
) -> Jar:
    """The user's jar, or the reference jar (built if needed, which `say` is told) for None and `reference`.

    `option` is what named it, for messages.

    Raises:
        Refused: there is no such jar, it is no jar, or no JDK to build the reference jar with.
    """
    if which is None or which == REFERENCE:
        return _read(reference_jar(java, say=say), reference=True)
    path = absolute(which)
    if not path.is_file():
        what = "is not a file: name a jar" if path.exists() else "there is no such file: correct the path"
        raise refuse(f"{option} {which}", what, Cause.JAR)
    return _read(path, reference=False, option=option)


def main_class_problems(jar: Jar, names: Iterable[str]) -> list[Problem]:
    """The main classes that a protocol needs and the jar lacks, naming what it has."""
    classes = jar.classes()
    missing = sorted(set(names) - classes)
    if not missing:
        return []
    if jar.reference:
        runs = sorted(
            {name.split(".")[1] for name in classes if name.startswith("frankenpaxos.") and name.endswith("Main")}
        )
        has = (
            f"it runs {', '.join(runs)}; for others, name a FrankenPaxos jar, such as -j frankenpaxos.jar (docs/jar.md)"
        )
        return [Problem("the reference jar", f"has no {', '.join(missing)}: {has}", Cause.MAIN_CLASSES)]
    packages = sorted({name.rpartition(".")[0] for name in classes if name.endswith("Main")})  # FrankenPaxos's end so
    has = f"it has main classes in {', '.join(packages)}" if packages else "it has no class that ends in Main"
    return [
        Problem(
            f"--jar {jar.path.name}",
            f"has no main class {', '.join(missing)}; {has}. Name a jar that has it (docs/jar.md)",
            Cause.MAIN_CLASSES,
        )
    ]


def _read(path: Path, *, reference: bool, option: str = "--jar") -> Jar:
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = archive.read("META-INF/MANIFEST.MF").decode(errors="replace")
    except zipfile.BadZipFile:
        raise refuse(
            f"{option} {path}", "is not a jar, because it cannot be read as a zip file: name a .jar file", Cause.JAR
        ) from None
    except OSError as error:
        raise refuse(
            f"{option} {path}",
            f"cannot be read: {error.strerror}. Correct its permissions, or name another jar",
            Cause.JAR,
        ) from None
    except KeyError:
        manifest = ""
    version = re.search(r"^Implementation-Version: *(\S+)", manifest, re.MULTILINE)
    return Jar(path, sha256(path), version[1] if version else "", reference)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
