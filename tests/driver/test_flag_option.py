"""`--flag ROLE:--name=value`: in every command line of the role, in the suite's identity, and refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import QUICK, cli, run


def _argvs(*words: str) -> dict[str, list[str]]:
    done = cli("plan", "multipaxos", "--vary", "num_batchers=0", *words, "--json")
    assert done.exit_code == 0, done.stderr
    (plan,) = json.loads(done.stdout)
    return {process["label"]: process["argv"] for process in plan["processes"]}


def test_a_flag_is_given_to_every_process_of_its_role_and_to_no_other() -> None:
    plain = _argvs()
    forked = _argvs("--flag", "leader:--options.window=8", "--flag", "leader:--mode=a=b c")
    for label, argv in plain.items():
        added = ["--options.window", "8", "--mode", "a=b c"] if label.startswith("leader") else []
        assert forked[label] == argv + added


def test_a_flag_that_the_role_has_gets_its_value_in_its_place() -> None:
    plain, changed = _argvs()["leader_0"], _argvs("--flag", "leader:--options.noopFlushPeriod=7s")["leader_0"]
    place = plain.index("--options.noopFlushPeriod") + 1
    assert changed == [*plain[:place], "7s", *plain[place + 1 :]]


@pytest.mark.jvm
def test_wrong_flags_are_refused_with_all_other_problems() -> None:
    flags = ["leadr:--x=1", "leader", "leader:x=1", "leader:--x", "leader:--y=1", "leader:--y=2"]
    words = [word for flag in flags for word in ("--flag", flag)]
    done = cli("sweep", "multipaxos", *words, "--set", "num_leaders=1", "--jvm-arg", "leadr:-Xint")
    assert done.exit_code == 2
    assert "7 problems:" in done.stderr, done.stderr
    assert done.stderr.count("write a role, a colon, and a flag with its value") == 3
    assert done.stderr.count("did you mean leader?") == 2
    assert "--y is given twice: remove one of the two --flag options" in done.stderr


def test_a_suite_is_of_its_flags(ray_address: str, tmp_path: Path) -> None:
    words = ["sweep", "unreplicated", *QUICK, "--vary", "num_client_procs=1", "--address", ray_address]
    flag = ["--flag", "server:--log_level=info"]
    done = run(*words, *flag, cwd=tmp_path)
    assert done.code == 0, done.err
    (suite,) = (tmp_path / "suites").iterdir()
    assert json.loads((suite / "suite.json").read_text())["flags"] == {"server": {"log_level": "info"}}
    trial = json.loads((suite / "001" / "trial.json").read_text())
    assert trial["provenance"]["flags"] == "server:--log_level=info"
    assert "--log_level info" in (suite / "001" / "server_cmd.txt").read_text()
    other = run(*words, "-s", str(suite), cwd=tmp_path)
    assert other.code == 2
    assert (
        "--flag is none now, but was server:--log_level=info for the earlier results: results from before" in other.err
    )
    other = run(*words, *flag, "--place", "pack", "-s", str(suite), cwd=tmp_path)
    assert "--place is pack now, but was none for the earlier results: results from before" in other.err
    same = run(*words, *flag, "-s", str(suite), cwd=tmp_path)
    assert same.code == 0, same.err
