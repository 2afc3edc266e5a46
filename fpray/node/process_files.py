"""The files that a process leaves in its trial's directory, named and shaped as FrankenPaxos's are."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from fpray.files import layout
from fpray.files.atomic import write_text
from fpray.node.messages import ProcessSpec

_TAIL_BYTES = 1 << 16
_LINE_CHARS = 1000


def shell_command(argv: Sequence[str], env: Mapping[str, str], cwd: str | None = None) -> str:
    """One line to paste into a shell; `cd` and assignments only if the process had them."""
    words = shlex.join(argv)
    if env:
        # `a.b=c cmd` is no assignment to a shell, but `env` takes it; and a shell would run `A=b cd` differently.
        prefix = "" if all(name.isidentifier() for name in env) else "env "
        words = prefix + " ".join(_assignment(item, prefix) for item in env.items()) + " " + words
    return f"cd {shlex.quote(cwd)} && {words}\n" if cwd is not None else f"{words}\n"


def place_of(host: str, directory: str) -> str:
    """The last line of a command file: on which machine and where it ran; a comment to a shell."""
    return f"# on {host}, in {directory}\n"


def ran_on(command_file: str | Path) -> str | None:
    """The machine that a command file names; None if it names none."""
    last = tail(command_file, 1)
    match = re.match(r"# on (\S+), in ", last[0]) if last else None
    return match[1] if match else None


def remade(directory: str, files: Mapping[str, str]) -> str:
    """The beginning of a line to paste: makes a directory and its files (name -> content) again."""
    words = [f"mkdir -p {shlex.quote(directory)}"]
    for name, content in files.items():
        escaped = content.replace("\\", "\\\\").replace("\n", "\\n")  # all on one line
        words.append(f"printf %b {shlex.quote(escaped)} > {shlex.quote(f'{directory}/{name}')}")
    return " && ".join(words) + " && "


def _assignment(item: tuple[str, str], prefix: str) -> str:
    name, value = item
    return shlex.quote(f"{name}={value}") if prefix else f"{name}={shlex.quote(value)}"


def write_command(spec: ProcessSpec) -> None:
    """Write `<label>_cmd.txt`, and remove the return code of an earlier process of that label, which means ended."""
    directory = Path(spec.directory)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / layout.returncode_file(spec.label)).unlink(missing_ok=True)
    before = ""
    if spec.given is not None:
        inputs = {name: directory / name for name in spec.given}
        needed = {name: path.read_text() for name, path in inputs.items() if str(path) in spec.argv}
        before = remade(spec.directory, needed)
    command = shell_command(spec.argv, spec.env, spec.cwd)
    place = place_of(spec.host, spec.cwd or spec.directory)
    write_text(directory / layout.command_file(spec.label), before + command + place)


def shell_code(code: int) -> int:
    """What a shell would show for a return code as in subprocess: 143 for -15."""
    return 128 - code if code < 0 else code


@contextlib.contextmanager
def _locked(directory: str) -> Iterator[None]:
    fd = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):  # NFS has no lock for a directory
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def add_pids(directory: str, pids: Mapping[str, str]) -> None:
    """Add {"host:pid": label}, FrankenPaxos's shape, to pids.json; several roles do so at the same time."""
    path = Path(directory) / layout.PIDS
    with _locked(directory):
        try:
            known = json.loads(path.read_text())
        except (OSError, ValueError):
            known = {}
        write_text(path, json.dumps(known | dict(pids), indent=2) + "\n")


def tail(path: str | Path, lines: int = 20) -> tuple[str, ...]:
    """The last lines of a log that are not blank; of any size and content, and () if it is missing or empty.

    Reads at most the last 64 KiB; bytes that are no text become visible escapes, and long lines are cut.
    """
    try:
        with Path(path).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - _TAIL_BYTES))
            data = file.read(_TAIL_BYTES)
    except OSError:
        return ()
    readable = [_readable(line) for line in data.decode(errors="backslashreplace").split("\n")]
    return tuple([line for line in readable if line][-lines:]) if lines > 0 else ()


def pieces(path: str | Path, count: int = 64, size: int = 1024) -> list[bytes]:
    """Pieces of a file, spread evenly over it, cut anywhere; the whole of a short one, [] of one that is missing."""
    try:
        with Path(path).open("rb", buffering=0) as file:
            whole = os.fstat(file.fileno()).st_size
            if whole <= count * size:
                return [file.read()]
            return [os.pread(file.fileno(), size, (whole - size) * (2 * i + 1) // (2 * count)) for i in range(count)]
    except OSError:
        return []


def piece_of(path: str | Path, offset: int, size: int = _TAIL_BYTES) -> bytes:
    """At most `size` bytes of a file from an offset on; none if it is missing."""
    try:
        with Path(path).open("rb", buffering=0) as file:
            return os.pread(file.fileno(), size, offset)
    except OSError:
        return b""


def _readable(line: str) -> str:
    line = "".join(c if c.isprintable() or c == "\t" else ascii(c)[1:-1] for c in line.rstrip())
    return line if len(line) <= _LINE_CHARS else line[:_LINE_CHARS] + " ..."
