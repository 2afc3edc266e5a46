"""What the shell completes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from fpray.cli.main import main

RECORDED = Path(__file__).parents[1] / "recorded" / "suites" / "search"


@pytest.mark.parametrize(
    ("words", "start", "expected"),
    [
        ([], "st", ["studies", "status", "stop"]),
        (["sweep"], "multip", ["multipaxos"]),
        (["sweep", "multipaxos", "--study"], "smo", ["smoke"]),
        (["sweep", "multipaxos", "--set"], "num_proxy", ["num_proxy_leaders=", "num_proxy_replicas="]),
        (["search", "unreplicated", "--space"], "jvm", ["jvm_heap_size="]),
        (["show", "-s", str(RECORDED)], "dcv", ["DCVEDWCWBU"]),
        (["sweep", "no_such_protocol", "--set"], "num", []),
    ],
)
def test_commands_protocols_parameters_and_suites_are_completed(
    words: list[str], start: str, expected: list[str]
) -> None:
    """E11: completion completes no protocol, study, parameter or suite."""
    complete = ShellComplete(main, {}, "fpray", "_FPRAY_COMPLETE")
    offered = [item.value for item in complete.get_completions(words, start)]
    assert set(expected) <= set(offered)
    assert bool(expected) == bool(offered)
