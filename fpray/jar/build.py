"""The reference jar, compiled from jvm/ when it is needed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from fpray.errors import Cause, refuse
from fpray.files.atomic import replacing
from fpray.files.disk import remedy, why_not_written
from fpray.node.java import java_of_home, java_program
from fpray.node.local_disk import cache_directory

_PACKAGED = Path(__file__).parents[1] / "reference.jar"  # in a wheel
_CHECKOUT = Path(__file__).resolve().parents[2]
_NAME_A_JAR = "name a jar of your own, such as --jar frankenpaxos.jar"
_JAVAC_OPTIONS = ("--release", "17", "-XDstringConcat=inline", "-g", "-nowarn", "-encoding", "UTF-8")


def reference_jar(java: str, sources: Path | None = None, say: Callable[[str], None] = lambda _line: None) -> Path:
    """The reference jar: the packaged one, or one built from the checkout's present sources, never stale.

    Raises:
        Refused: it has to be built, and there is no JDK or it does not compile.
    """
    root = sources or _CHECKOUT / "jvm"
    if not os.path.isdir(root):  # noqa: PTH112  no error where it cannot be read
        if _PACKAGED.is_file():
            return _PACKAGED
        raise refuse(
            "the reference jar",
            f"is not in this installation: {_NAME_A_JAR}",
            Cause.REFERENCE_JAR,
        )
    files = sorted((root / "src").rglob("*.java"))
    version = (root / "VERSION").read_text().strip()
    digest = hashlib.sha256(repr((_JAVAC_OPTIONS, version)).encode())
    for file in files:
        digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    name = f"fpray-reference-{version}-{digest.hexdigest()[:12]}.jar"
    beside = root.parent / ".build"
    if os.path.exists(beside / name):  # noqa: PTH110
        return beside / name
    target = _build_directory(beside) / name
    if not target.exists():
        compiler = javac(java)
        say(f"building the reference jar ({compiler}), a few seconds ...")
        try:
            build(files, target, version, compiler)
        except OSError as error:
            # XDG_CACHE_HOME has no effect where the jar is built beside its sources.
            other = _NAME_A_JAR if target.parent == beside else "set XDG_CACHE_HOME to another directory"
            sentence = f"cannot be built in {target.parent}: {why_not_written(error, target.parent)}"
            raise refuse("the reference jar", f"{sentence}. {remedy(error)}, or {other}", Cause.REFERENCE_JAR) from None
    return target


def _build_directory(beside: Path) -> Path:
    """The directory to build in: beside the sources, or the cache of jars where the sources are read-only.

    Raises:
        Refused: there is no such directory.
    """
    if os.access(beside if beside.exists() else beside.parent, os.W_OK):
        return beside
    if (cache := cache_directory("reference")) is None:
        raise refuse(
            "the reference jar",
            f"cannot be built: neither {beside.parent} nor the home directory nor /var/tmp nor /tmp can be"
            " written. Set XDG_CACHE_HOME to a directory that you can write, such as export"
            " XDG_CACHE_HOME=/data/cache",
            Cause.REFERENCE_JAR,
        )
    return cache


def javac(java: str) -> str:
    """The compiler beside a `java`, or the one of JAVA_HOME or PATH.

    Raises:
        Refused: there is none.
    """
    executables = filter(None, (shutil.which(java_program(java)), java_of_home(), shutil.which(java)))
    homes = [Path(executable).resolve().parent for executable in executables]
    homes += [Path(home) / "bin"] if (home := os.environ.get("JAVA_HOME")) else []
    for place in homes:
        if (place / "javac").exists():
            return str(place / "javac")
    if on_path := shutil.which("javac"):
        return on_path
    raise refuse(
        "the reference jar",
        "cannot be built, because there is no JDK (javac) here: install a JDK 17 or newer (Debian:"
        f" apt-get install openjdk-17-jdk-headless), or {_NAME_A_JAR}",
        Cause.REFERENCE_JAR,
    )


def build(files: Sequence[Path], target: Path, version: str, compiler: str) -> None:
    """Compile Java files into a jar, deterministically: the same sources and JDK give the same bytes.

    Raises:
        Refused: the compiler refused, with what it said.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fpray-javac-") as scratch:
        classes = Path(scratch) / "classes"
        command = [compiler, *_JAVAC_OPTIONS, "-d", str(classes), *map(str, files)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise refuse(
                "the reference jar",
                f"does not compile with {compiler}. Correct it in {_CHECKOUT}/jvm, or {_NAME_A_JAR}. The compiler"
                f" says:\n{result.stderr.strip()}",
                Cause.REFERENCE_JAR,
            )
        with replacing(target) as partial:
            _zip(classes, Path(partial), version)


def _zip(classes: Path, target: Path, version: str) -> None:
    manifest = (
        f"Manifest-Version: 1.0\r\nImplementation-Title: fpray reference\r\nImplementation-Version: {version}\r\n\r\n"
    )
    entries = {"META-INF/MANIFEST.MF": manifest.encode()}
    entries |= {str(f.relative_to(classes)): f.read_bytes() for f in sorted(classes.rglob("*.class"))}
    # Stored, not deflated: a JVM starts faster from it, and it is small.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content)
