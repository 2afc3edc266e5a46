"""Does what a document shows: its blocks are run in order, in one directory, as a user runs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from fpray.store.suite import Suite
from tests.conftest import FPRAY
from tests.repository.code_blocks import COMMANDS, ROOT, Block, blocks
from tests.repository.shown_output import differs
from tests.support.patience import LONG

_END = "\x1e"  # after each command's output: this, and its exit code
_NOT_LINKED = ("suites", "dist", ".venv", ".git")
# A block that does not show which Ray is used needs none of its own.
_ON_CLUSTER = 'set -e; if [ "$CLUSTER" ]; then export RAY_ADDRESS=$CLUSTER; fi\n'


@dataclass
class Reader:
    """A directory, and what has been printed in it."""

    directory: Path
    environment: dict[str, str]
    printed: list[str] = field(default_factory=list)

    def read(self, document: Path) -> None:
        """Do all that a document shows, and compare what is printed with what it shows."""
        output: list[str] = []
        try:
            for block in blocks(document):
                if block.language == "text" and not block.not_run:
                    assert not (problem := differs(block.text.splitlines(), output)), f"{block.place}: {problem}"
                elif block.language in COMMANDS and not block.not_run:
                    output = self._run(block)
                elif block.file:
                    self._write(block)
                elif block.language == "python" and not block.not_run:
                    self._python(block)
                elif block.language == "json":
                    self._notified(block)
        finally:
            self._stop_what_goes_on()

    def _run(self, block: Block) -> list[str]:
        """Run the commands of a block in one shell; what they printed."""
        commands = list(block.commands())
        script = "".join(f"{block.changed(self._newest(command))}printf '{_END}%d\\n' $?\n" for command, _ in commands)
        *pieces, rest = re.split(rf"{_END}(\d+)\n", self._shell(block, script))
        assert len(pieces) == 2 * len(commands), f"{block.place}: {pieces} {rest}"
        every_line: list[str] = []
        for (command, expected), output, code in zip(commands, pieces[::2], pieces[1::2], strict=True):
            lines = output.replace(str(self.directory), "...").splitlines()
            assert code == "0" or expected, f"{block.place}: {command} ended with {code}:\n{output}"
            if expected:
                assert not (problem := differs([*map(block.changed, expected)], lines)), (
                    f"{block.place}: {command}{problem}\nin all:\n{output}"
                )
            every_line += lines
        return every_line

    def _newest(self, text: str) -> str:
        """A text in which `suites/...` is the newest suite."""
        newest = max(self.directory.glob("suites/*/"), default=Path("suites/..."))
        return text.replace("suites/...", str(newest))

    def _write(self, block: Block) -> None:
        """Write a file; run the command that its first line names."""
        path = self.directory / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.changed(block.text))
        if header := re.match(r"# [\w.-]+\.py: (.*)", block.text):
            self._shell(block, f"{_ON_CLUSTER}{block.changed(header[1])}\n")

    def _python(self, block: Block) -> None:
        script = self.directory / f"block_{block.line}.py"
        script.write_text(block.changed(self._newest(block.text)))
        self._shell(block, f"{_ON_CLUSTER}python {script}\n")

    def _notified(self, block: Block) -> None:
        """Compare what `tell-me.sh` got when the newest suite had ended with what is shown: its entries."""
        self._shell(block, f"fpray attach {self._newest('suites/...')}\n")
        got = json.loads((self.directory / "told.json").read_text())
        assert got.keys() == json.loads(block.text).keys(), block.place

    def _shell(self, block: Block, script: str) -> str:
        """What a script printed, on both outputs."""
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONG,
            check=False,
        )
        self.printed.append(done.stdout)
        assert done.returncode == 0, f"{block.place}:\n{done.stdout}"
        return done.stdout

    def _stop_what_goes_on(self) -> None:
        for suite in self.directory.glob("suites/*/"):
            if Suite(suite).holder() is not None:
                subprocess.run([FPRAY, "stop", str(suite)], cwd=self.directory, capture_output=True, check=True)


def environment(directory: Path, cluster: str | None) -> dict[str, str]:
    """A reader's: fpray is in PATH, and what pip installs is for this reader alone. cluster: a Ray address."""
    binaries = Path(sys.executable).parent
    site = directory.parent / "site-packages"
    ours = ("FPRAY_", "RAY_", "PYTEST_", "MAKE", "MFLAGS")  # the tests may run under make
    own = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {
        **own,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "PIP_TARGET": str(site),
        "PIP_QUIET": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")])),
        **({"CLUSTER": cluster, "RAY_AUTH_MODE": "disabled"} if cluster is not None else {}),
    }


def make_checkout(directory: Path) -> None:
    """What a clone of the repository has, and an environment that `make setup` has made."""
    for entry in ROOT.iterdir():
        if entry.name not in _NOT_LINKED:
            (directory / entry.name).symlink_to(entry)
    (directory / ".venv").mkdir()
    (directory / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    for stamp in (".installed-run", ".installed"):
        (directory / ".venv" / stamp).touch()


def make_stand_ins(directory: Path, jar: Path | None) -> None:
    """The files of their own that readers of documents have."""
    shutil.copy(ROOT / "tests" / "recorded" / "cluster.json", directory)
    (directory / "tell-me.sh").write_text("#!/bin/sh\ncat > told.json\n")
    (directory / "tell-me.sh").chmod(0o755)
    for name in ("frankenpaxos.jar", "my-fork.jar") if jar is not None else ():
        shutil.copy(str(jar), directory / name)
