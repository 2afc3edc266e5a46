"""The files that a process leaves in its trial's directory, named and shaped as FrankenPaxos's are."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from fpray.errors import FprayError
from fpray.files import layout
from fpray.files.atomic import write_text
from fpray.files.content import BY_FPRAY, Unreadable, json_value, text_of
from fpray.files.directory_lock import locked
from fpray.files.printable import printable
from fpray.files.reading import tail
from fpray.files.user_directory import private_directory, user_directory
from fpray.node.messages import ProcessSpec

_LOCKS = 64


def shell_command(argv: Sequence[str], env: Mapping[str, str], cwd: str | None = None) -> str:
    """One line to paste into a shell; `cd` and assignments only if the process had them."""
    words = shlex.join(argv)
    if env:
        # `a.b=c cmd` is no assignment to a shell, but `env` takes it; and a shell would run `A=b cd` differently.
        prefix = "" if all(name.isidentifier() for name in env) else "env "
        words = prefix + " ".join(_assignment(item, prefix) for item in env.items()) + " " + words
    return f"cd {shlex.quote(cwd)} && {words}\n" if cwd is not None else f"{words}\n"


def origin_line(host: str, directory: str) -> str:
    """The last line of a command file: on which machine and where it ran; a comment to a shell."""
    return f"# on {printable(host)}, in {printable(directory)}\n"


def ran_on(command_file: str | Path) -> str | None:
    """The machine that a command file names; None if it names none."""
    last = tail(command_file, 1)
    match = re.match(r"# on (\S+), in ", last[0]) if last else None
    return match[1] if match else None


def recreate_command(directory: str, files: Mapping[str, str]) -> str:
    """The beginning of a line to paste: makes a directory and its files (name -> content) again."""
    words = [f"mkdir -p {shlex.quote(directory)}"]
    for name, content in files.items():
        text = content.replace("\\", "\\\\").replace("\n", "\\n")  # all on one line
        words.append(f"printf %b {shlex.quote(text)} > {shlex.quote(f'{directory}/{name}')}")
    return " && ".join(words) + " && "


def _assignment(item: tuple[str, str], prefix: str) -> str:
    name, value = item
    return shlex.quote(f"{name}={value}") if prefix else f"{name}={shlex.quote(value)}"


def write_command(spec: ProcessSpec) -> None:
    """Write `<label>_cmd.txt`; remove `<label>_returncode.txt`, which would say that this process has ended."""
    directory = Path(spec.directory)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / layout.returncode_file(spec.label)).unlink(missing_ok=True)
    before = ""
    if spec.given is not None:
        inputs = {name: directory / name for name in spec.given}
        texts = {name: path.read_text() for name, path in inputs.items() if str(path) in spec.argv}
        before = recreate_command(spec.directory, texts)
    command = shell_command(spec.argv, spec.env, spec.cwd)
    origin = origin_line(spec.host, spec.cwd or spec.directory)
    write_text(directory / layout.command_file(spec.label), before + command + origin)


def shell_code(code: int) -> int:
    """What a shell would show for a return code as in subprocess: 143 for -15."""
    return 128 - code if code < 0 else code


def add_pids(directory: str, pids: Mapping[str, str]) -> None:
    """Add {"host:pid": label}, FrankenPaxos's shape, to pids.json; several roles do so at the same time."""
    path = Path(directory) / layout.PIDS
    with _alone(directory):
        earlier = read_pids(path.read_bytes()) if path.is_file() else {}
        write_text(path, json.dumps(earlier | dict(pids), indent=2) + "\n")


@contextlib.contextmanager
def _alone(directory: str) -> Iterator[None]:
    """A lock for a trial, where no other user can ask for it: any that may read its directory could keep that locked.

    A slow file server holds up few other trials: there are several locks.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, FprayError):
            top = private_directory(user_directory() / "locks")
            lock = private_directory(top / str(zlib.crc32(os.fsencode(directory)) % _LOCKS))
            stack.enter_context(locked(lock))
        yield


def read_pids(content: bytes) -> dict[str, str]:
    """The content of a pids.json; what it does not have by FrankenPaxos's shape is left out."""
    try:
        pids = json_value(text_of(content), BY_FPRAY)
    except Unreadable:
        return {}
    return {name: label for name, label in pids.items() if isinstance(label, str)} if isinstance(pids, dict) else {}
