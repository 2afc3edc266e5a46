"""What a process writes is bounded: the beginning and the end stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from fpray.node.messages import ProcessSpec
from fpray.node.processes import Processes
from tests.support.patience import LONG

MOST = 200_000


def _run(directory: Path, script: str, most: int | None = MOST) -> tuple[str, int]:
    """What stays of a process's output, and how many bytes are said to be left out."""
    with Processes() as processes:
        spec = ProcessSpec("server", ("sh", "-c", script), str(directory), expected_exits=(0,), max_output=most)
        assert processes.start([spec]) is None
        assert processes.wait_exit(["server"], LONG) is None
        left_out = processes.exits()["server"].left_out
    return (directory / "server_out.txt").read_text(), left_out


@pytest.mark.heavy
def test_a_process_that_writes_much_leaves_its_beginning_and_its_end(tmp_path: Path) -> None:
    """C7: 1 GB stays in the suite without a word."""
    line = "head -c 100000 /dev/zero | tr '\\0' x; echo"
    script = f"echo first; for i in $(seq 40); do {line}; sleep 0.05; done; echo last"
    text, left_out = _run(tmp_path, script)
    assert len(text) <= MOST
    assert text.startswith("first\n")
    assert text.endswith("last\n")
    assert "MB of output are left out here, because --max-output is 200k (write a larger one to keep more)]" in text
    assert 4_000_000 - MOST <= left_out <= 4_000_100 + MOST


def test_an_output_within_its_bound_stays_as_it_is(tmp_path: Path) -> None:
    assert _run(tmp_path, "seq 1000") == ("".join(f"{i}\n" for i in range(1, 1001)), 0)


def test_error_output_is_bounded_as_well(tmp_path: Path) -> None:
    """C7: each of the two."""
    _run(tmp_path, "seq 1000000 >&2")
    assert (tmp_path / "server_err.txt").stat().st_size <= MOST
    assert (tmp_path / "server_err.txt").read_text().endswith("\n1000000\n")
