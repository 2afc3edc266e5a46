"""What can be doubted about a trial's figures, from evidence that is a plain value."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

from fpray.evidence.checks import CHECKS, TIMED_OUT
from fpray.evidence.evidence import ClientEvidence, Doubt, Evidence, doubts

S = 1_000_000_000
CLIENT = ClientEvidence("client_0", 10 * S, 12 * S, "/001/client_0_out.txt", ("starting", "done"))
GOOD = Evidence(
    loops=4, requests=1000, unrecorded=0, window_ns=(10 * S, 12 * S), duration_s=2.0, littles_law=1.0, clients=[CLIENT]
)  # fmt: skip


def _all(evidence: Evidence) -> list[Doubt]:
    return doubts(evidence, CHECKS)


def _only(evidence: Evidence) -> Doubt:
    (doubt,) = _all(evidence)
    return doubt


def test_a_good_trial_has_no_doubt() -> None:
    assert _all(GOOD) == []


def test_a_trial_with_fewer_answers_than_loops_was_not_served() -> None:
    doubt = _only(replace(GOOD, requests=3))
    assert (doubt.defect, doubt.label) == ("unserved", "client_0")
    assert doubt.sentence == (
        "3 requests were answered in the measured time, fewer than the 4 that clients send"
        " at once: look at the logs of the servers in the directory of the trial"
    )
    silent = replace(CLIENT, label="client_1", last_stop_ns=11 * S, last_lines=[TIMED_OUT])
    assert _only(replace(GOOD, requests=3, clients=[CLIENT, silent])).label == "client_1", "one that gave up is shown"


def test_groups_may_hide_answers_so_that_nothing_is_decided() -> None:
    doubt = _only(replace(GOOD, requests=3, unrecorded=5))
    assert doubt.defect is None
    assert doubt.sentence.startswith("it is not known whether the servers answered: only 3 requests are recorded")
    assert "up to 5 answered requests may be missing" in doubt.sentence


def test_a_client_that_logs_its_timeout_gave_up() -> None:
    gave_up = [replace(CLIENT, label=f"client_{i}", last_lines=["a", TIMED_OUT]) for i in range(3)]
    doubt = _only(replace(GOOD, clients=[CLIENT, *gave_up[1:]]))
    assert (doubt.defect, doubt.label, doubt.lines) == ("gave-up", "client_1", [TIMED_OUT])
    says = f"(the log of the client says: {TIMED_OUT}; for the cause, see the logs of the servers)"
    sentence = f"client_1 gave up, because no server answered within the timeout of the client {says}"
    assert doubt.sentence == f"{sentence}; the same is true of client_2"


def test_a_client_whose_rows_end_early_gave_up_unless_they_are_groups() -> None:
    stalled = replace(GOOD, clients=[replace(CLIENT, last_stop_ns=11 * S)])
    doubt = _only(stalled)
    assert (doubt.defect, doubt.sentence) == (
        "gave-up",
        (
            "client_0 received no answer from the servers in the last 1.0 s of the 2.0 s in which it measured"
            " (for the cause, see the logs of the servers)"
        ),
    )
    assert _all(replace(stalled, grouped=True)) == []
    warmed_up = replace(CLIENT, first_start_ns=8 * S)
    assert _all(replace(GOOD, warmup_s=2.0, clients=[warmed_up])) == []


def test_requests_that_wait_for_others_time_out_at_the_end_without_harm() -> None:
    waiting = replace(GOOD, holds_back=["batch_size"], clients=[replace(CLIENT, last_lines=[TIMED_OUT])])
    doubt = _only(waiting)
    assert doubt.defect is None
    assert doubt.harmless
    assert "The cause is batch_size: requests wait until more requests come" in doubt.sentence
    stalled = replace(waiting, clients=[replace(CLIENT, last_stop_ns=11 * S, last_lines=[TIMED_OUT])])
    assert _only(stalled).defect == "gave-up"


def test_clients_that_did_not_measure_together_are_doubted_or_no_measurement() -> None:
    late = replace(CLIENT, label="client_1", first_start_ns=11 * S + S // 2, last_stop_ns=13 * S + S // 2)
    apart = replace(GOOD, window_ns=(11 * S + S // 2, 12 * S), clients=[CLIENT, late])
    doubt = _only(apart)
    assert doubt.defect is None
    assert doubt.sentence.startswith("the clients measured together for 0.50 of 2 s: client_1 began 1.50 s after")
    assert _only(replace(apart, requests=0)).defect == "clients-apart"


def test_clients_that_never_measured_at_the_same_time_measured_nothing_whatever_groups_may_hide() -> None:
    later = replace(CLIENT, label="client_1", first_start_ns=13 * S, last_stop_ns=15 * S)
    nothing = replace(GOOD, requests=0, unrecorded=18, grouped=True, window_ns=None, clients=[CLIENT, later])
    assert [doubt.defect for doubt in _all(nothing) if doubt.defect] == ["clients-apart"]


def test_littles_law() -> None:
    assert _all(replace(GOOD, littles_law=None)) == []
    assert _all(replace(GOOD, littles_law=1.09)) == []
    doubt = _only(replace(GOOD, littles_law=0.5))
    assert doubt.sentence.startswith("by Little's law, throughput x mean latency must be the number")
    assert "but here it is 0.50 times that number. " in doubt.sentence
    assert "Some loops did not run all the time" in doubt.sentence
    assert "than there are loops, so the numbers are wrong" in _only(replace(GOOD, littles_law=1.2)).sentence


def test_a_list_of_other_checks_is_as_good() -> None:
    assert doubts(replace(GOOD, littles_law=0.5), ()) == []
    assert doubts(GOOD, [lambda evidence: [Doubt(f"{evidence.loops} loops")]]) == [Doubt("4 loops")]


def test_checks_need_neither_ray_nor_this_operating_system() -> None:
    code = (
        "import sys; [sys.modules.__setitem__(m, None) for m in ('ray', 'fcntl', 'resource')];"
        "import fpray.evidence.checks; print([m for m in ('numpy', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
