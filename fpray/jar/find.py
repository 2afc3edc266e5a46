"""The jar that trials run: the reference jar, built from source when it is needed, or the user's own."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fpray.errors import Problem, refuse

REFERENCE = "reference"
_PACKAGED = Path(__file__).parents[1] / "reference.jar"  # what a wheel carries
_CHECKOUT = Path(__file__).resolve().parents[2]
_JAVAC_OPTIONS = ("--release", "17", "-XDstringConcat=inline", "-g", "-nowarn", "-encoding", "UTF-8")


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
    path = Path(which).expanduser().absolute()
    if not path.is_file():
        raise refuse(f"{option} {which}", "there is no such file")
    return _read(path, reference=False, option=option)


def main_class_problems(jar: Jar, wanted: Iterable[str]) -> list[Problem]:
    """The main classes that a protocol needs and the jar lacks, naming what it has."""
    known = jar.classes()
    missing = sorted(set(wanted) - known)
    if not missing:
        return []
    if jar.reference:
        runs = sorted(
            {name.split(".")[1] for name in known if name.startswith("frankenpaxos.") and name.endswith("Main")}
        )
        has = f"it runs {', '.join(runs)}; anything else needs a FrankenPaxos jar: -j JAR (docs/jar.md)"
        return [Problem("the reference jar", f"has no {', '.join(missing)}: {has}")]
    packages = sorted({name.rpartition(".")[0] for name in known if name.endswith("Main")})  # FrankenPaxos's end so
    has = f"it has main classes in {', '.join(packages)}" if packages else "it has no class that ends in Main"
    return [Problem(f"--jar {jar.path.name}", f"lacks {', '.join(missing)}; {has}")]


def _read(path: Path, *, reference: bool, option: str = "--jar") -> Jar:
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = archive.read("META-INF/MANIFEST.MF").decode(errors="replace")
    except zipfile.BadZipFile:
        raise refuse(f"{option} {path}", "is no jar: it cannot be read as a zip file") from None
    except OSError as error:
        raise refuse(f"{option} {path}", f"cannot be read: {error.strerror}") from None
    except KeyError:
        manifest = ""
    version = re.search(r"^Implementation-Version: *(\S+)", manifest, re.MULTILINE)
    return Jar(path, sha256(path), version[1] if version else "", reference)


@functools.cache
def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def reference_jar(java: str, sources: Path | None = None, say: Callable[[str], None] = lambda _line: None) -> Path:
    """The reference jar: the packaged one, or one built from the checkout's present sources, never stale.

    Raises:
        Refused: it has to be built, and there is no JDK or it does not compile.
    """
    root = sources or _CHECKOUT / "jvm"
    if not root.is_dir():
        if _PACKAGED.is_file():
            return _PACKAGED
        raise refuse("the reference jar", "this installation carries none: give your own with --jar")
    files = sorted((root / "src").rglob("*.java"))
    version = (root / "VERSION").read_text().strip()
    digest = hashlib.sha256(repr((_JAVAC_OPTIONS, version)).encode())
    for file in files:
        digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    target = _build_directory(root) / f"fpray-reference-{version}-{digest.hexdigest()[:12]}.jar"
    if not target.exists():
        compiler = javac(java)
        say(f"building the reference jar ({compiler}) ...")
        build(files, target, version, compiler)
    return target


def _build_directory(root: Path) -> Path:
    beside = root.parent / ".build"
    if os.access(beside if beside.exists() else root.parent, os.W_OK):
        return beside
    return Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "fpray"


def javac(java: str) -> str:
    """The compiler beside a `java`, or the one of JAVA_HOME or PATH.

    Raises:
        Refused: there is none.
    """
    found = shutil.which(java)
    homes = [Path(found).resolve().parent] if found else []
    homes += [Path(home) / "bin"] if (home := os.environ.get("JAVA_HOME")) else []
    for place in homes:
        if (place / "javac").exists():
            return str(place / "javac")
    if on_path := shutil.which("javac"):
        return on_path
    raise refuse(
        "the reference jar",
        "it is built from jvm/ on first use and there is no JDK (javac) here: install a JDK 17 or newer"
        " (Debian: apt-get install openjdk-17-jdk-headless), or give your own jar with --jar",
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
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise refuse("the reference jar", f"does not compile ({compiler}):\n{done.stderr.strip()}")
        partial = target.with_name(f".{target.name}.{os.getpid()}")
        _zip(classes, partial, version)
        partial.rename(target)


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
