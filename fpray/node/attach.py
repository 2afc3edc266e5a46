"""Loads a native agent, such as a profiler, into a JVM that runs here, through HotSpot's attach protocol."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import socket
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

_ANSWER_S: Final = 10.0  # for a JVM to listen, and again to answer
_LOOK_S: Final = 0.02
_MOST_BYTES: Final = 64 << 20  # of a library
_ARCHIVES: Final = (".jar", ".zip")
_MACHINES: Final = {"x86_64": "x64", "aarch64": "arm64"}
_RETURN_CODE: Final = re.compile(r"return code: (-?\d+)")


class AttachError(Exception):
    """An agent was not loaded; the text says why, as the end of a sentence."""


def load_agent(pid: int, quit_signal: Callable[[], object], library: str, options: Sequence[str]) -> None:
    """Load a library into a JVM, with the first of several options that it takes.

    It speaks version 1 of the protocol, as `jcmd` does (`attachListener.cpp` of OpenJDK, 8 and later): a JVM that finds
    `.attach_pidPID` in its directory at SIGQUIT listens at `/tmp/.java_pidPID`. A process without HotSpot gets no
    signal: SIGQUIT would end it.

    quit_signal: sends SIGQUIT to the process. library: the path of a `.so`, absolute.

    Raises:
        AttachError: it was not loaded.
    """
    if not _is_jvm(pid):
        raise AttachError("it is no HotSpot JVM, or has ended")
    address, why = _listening(pid, quit_signal), ""
    for option in options:
        why = _load(address, library, option)
        if not why:
            return
    raise AttachError(why)


def _is_jvm(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return "libjvm.so" in Path(f"/proc/{pid}/maps").read_text(errors="replace")
    return False


def _listening(pid: int, quit_signal: Callable[[], object]) -> str:
    """The path of the socket at which the JVM listens for commands; it begins to when it is asked."""
    inside = _pid_inside(pid)
    address = f"/proc/{pid}/root/tmp/.java_pid{inside}"
    if _is_socket(address):
        return address
    request = Path(f"/proc/{pid}/cwd/.attach_pid{inside}")
    try:
        request.touch()
        quit_signal()
        until = time.monotonic() + _ANSWER_S
        while time.monotonic() < until:
            if _is_socket(address):
                return address
            time.sleep(_LOOK_S)
    except OSError as error:
        raise AttachError(f"it cannot be asked to listen for the profiler: {error.strerror}") from None
    finally:
        request.unlink(missing_ok=True)
    raise AttachError(f"it did not listen for the profiler within {_ANSWER_S:.0f} s (-XX:+DisableAttachMechanism?)")


def _is_socket(address: str) -> bool:
    return Path(address).is_socket()


def _pid_inside(pid: int) -> int:
    """The number that a process has in its own namespace."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        status = Path(f"/proc/{pid}/status").read_text()
        return int(re.findall(r"^NSpid:.*\s(\d+)$", status, re.MULTILINE)[0])
    return pid


def _load(address: str, library: str, option: str) -> str:
    """Why the agent was not loaded; empty if it was."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_ANSWER_S)
        try:
            connection.connect(address)
            words = ("1", "load", library, "true", option)  # "true": the path is absolute
            connection.sendall(b"".join(word.encode(errors="surrogateescape") + b"\0" for word in words))
            pieces = list(iter(lambda: connection.recv(4096), b""))
        except OSError as error:
            return f"it did not answer: {error.strerror or error}"
    text = b"".join(pieces).decode(errors="replace")
    status, _, rest = text.partition("\n")
    code = match[1] if (match := _RETURN_CODE.search(rest)) else rest.strip()
    if status.strip() == "0" and code in ("", "0"):
        return ""
    return f"it refused the profiler: {' '.join(text.split())[:300] or 'without a word'}"


@contextlib.contextmanager
def library_of(path: str, name: str, directory: str) -> Iterator[str]:
    """A library for the block: the file itself, or that of this machine's kind from an archive (jar or zip).

    name: of the library in an archive. directory: where it is unpacked, under a name that is not copied home.

    Raises:
        AttachError: there is no such file, or it has no such library.
    """
    if not Path(path).is_file():
        raise AttachError(f"there is no file {path} on this machine")
    if not path.endswith(_ARCHIVES):
        yield path
        return
    unpacked = Path(directory) / f".{os.getpid()}.{time.monotonic_ns()}.so"
    try:
        _unpack(Path(path), name, unpacked)
        yield str(unpacked)
    except (OSError, zipfile.BadZipFile) as error:
        raise AttachError(f"{name} cannot be unpacked from {path}: {error}") from None
    finally:
        unpacked.unlink(missing_ok=True)  # what a JVM has loaded stays there


def _unpack(archive: Path, name: str, target: Path) -> None:
    kind = _MACHINES.get(platform.machine(), platform.machine())
    with zipfile.ZipFile(archive) as file:
        entries = [entry for entry in file.infolist() if Path(entry.filename).name == name]
        own = [
            entry for entry in entries if kind in f"{archive.name}/{entry.filename}" and "musl" not in entry.filename
        ]
        if not own:
            raise AttachError(f"{archive} has no {name} for Linux on {kind}")
        if own[0].file_size > _MOST_BYTES:
            raise AttachError(f"{name} in {archive} is larger than {_MOST_BYTES >> 20} MB")
        with file.open(own[0]) as source, target.open("xb") as copy:
            shutil.copyfileobj(source, copy)
