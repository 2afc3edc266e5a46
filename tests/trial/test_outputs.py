"""How much of its processes' output a trial keeps, and what it says of the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from fpray.node.messages import Exit
from fpray.store.outcome import Status
from fpray.testing.fake_machines import FakeMachines
from tests.conftest import cli
from tests.support.trials import run


def test_what_is_left_out_of_an_output_is_a_note(tmp_path: Path) -> None:
    """C7: said when it is reached."""

    def stop(role: str, _host: str, labels: Sequence[str], _grace_s: float) -> Mapping[str, Exit]:
        left_out = 900_000_000 if role == "server" else 0
        return {label: Exit(label, 0, 0, 0, 0, 1, 1, 0, True, left_out) for label in labels}

    machines = FakeMachines(["a"], stop=stop)
    outcome = run(tmp_path, machines, max_output=100_000_000)
    assert {spec.max_output for spec in machines.started().values()} == {100_000_000}
    assert outcome.status is Status.FINISHED
    (note,) = outcome.notes
    assert note.startswith("the log of server is larger than --max-output: 900 MB of its middle are left out (the")


def test_the_dry_run_counts_outputs() -> None:
    """C7: the dry run's disk space counts them; each of two processes has two."""
    words = ("sweep", "unreplicated", "--vary", "num_client_procs=1", "--dry-run")
    assert "logs of up to 0.4 GB in total (--max-output lowers this)" in cli(*words).output
    assert "logs of up to 4 GB in total (--max-output lowers this)" in cli(*words, "--max-output", "1g").output
    refused = cli(*words, "--max-output", "much")
    assert refused.exit_code == 2
    assert "--max-output much is not a size: write a number of bytes" in refused.output
