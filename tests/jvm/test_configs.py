"""Config files that cannot work end a process with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.jvm.multipaxos.cluster import config
from tests.jvm.processes import address, flags, run

pytestmark = pytest.mark.jvm
MULTIPAXOS = [
    ("nope: 1", "0", "Unknown field name 'nope' (line 1, column 6)"),
    ("f: 1", "0", "The required field flexible is missing"),
    (config(), "2", "IndexOutOfBoundsException: --index is 2, but the config has 2 leader addresses."),
    (config(f=0), "0", "f is 0, but must be at least 1"),
    (config(f=2), "0", "f = 2 needs at least 3 leaders, but there are 2"),
    (config(flexible="true"), "0", "a grid of 1 rows and 3 columns of acceptors does not tolerate f = 1 failures"),
    (config(distribution_scheme="SPREAD"), "0", "distribution_scheme is SPREAD"),
    (None, "0", "java.io.FileNotFoundException"),
]
CRAQ = [
    ("f: 2", "0", "f = 2 needs at least 3 chain nodes, but there are 0"),
    ("nope: 1", "0", "Unknown field name 'nope' (line 1, column 6)"),
    (f"f: 0 chain_node_address {address(1)}", "1", "IndexOutOfBoundsException: --index is 1"),
]
EPAXOS = [
    (f"f: 1 replicaAddress {address(1)}", "0", "f = 1 needs exactly 3 replicas, but there are 1."),
    (f"f: 0 replicaAddress {address(1)}", "0", "f is 0, but must be at least 1."),
    (f"f: 1 replica_address {address(1)}", "0", "Unknown field name 'replica_address'"),
]
CASES = [
    *(pytest.param("multipaxos.LeaderMain", case, id=f"multipaxos-{case[2]}") for case in MULTIPAXOS),
    *(pytest.param("craq.ChainNodeMain", case, id=f"craq-{case[2]}") for case in CRAQ),
    *(pytest.param("epaxos.ReplicaMain", case, id=f"epaxos-{case[2]}") for case in EPAXOS),
]


@pytest.mark.parametrize(("main", "case"), CASES)
def test_configs_that_cannot_work_end_the_process(
    reference_jar: Path, tmp_path: Path, main: str, case: tuple[str | None, str, str]
) -> None:
    text, index, error = case
    path = tmp_path / "config.pbtxt"
    if text is not None:
        path.write_text(text)
    words = {"index": index, "config": str(path), "log_level": "fatal"}
    words |= {"state_machine": "Noop"} if main.startswith("epaxos") else {}
    done = run(reference_jar, f"frankenpaxos.{main}", *flags(words))
    assert done.returncode == 1
    assert error in done.stderr
