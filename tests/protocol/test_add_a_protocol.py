"""docs/add-a-protocol.md, done: its files written, its commands run, and what it says they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "add-a-protocol.md"
_FILE = re.compile(r"^`([\w./-]+)`\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SAID = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(sys.platform != "linux", reason="trials run on Linux only")
def test_the_document_does_what_it_says(ray_address: str, tmp_path: Path) -> None:
    text = DOCUMENT.read_text()
    for name, content in _FILE.findall(text):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    site = tmp_path / "site-packages"  # in the place of a virtual environment of the reader's own
    binaries = Path(sys.executable).parent
    env = {
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "PIP_TARGET": str(site),
        "PIP_QUIET": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")])),
        "RAY_ADDRESS": ray_address,
    }
    commands = "".join(_COMMANDS.findall(text))
    done = subprocess.run(
        ["bash", "-euc", commands], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=240
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    for line in "".join(_SAID.findall(text)).splitlines():
        assert re.search(".*".join(map(re.escape, line.split("..."))), output), (line, output)
    assert re.search(r"\d passed, 1 skipped", output), output
    assert "server at 127.0.0.1:10000" in output
    assert "the wall clock goes back" not in output, output  # E5: its loops are threads that write their rows late
