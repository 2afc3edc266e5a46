"""What the comparison of shown and printed output lets pass, and what it does not."""

from __future__ import annotations

import pytest

from tests.repository.shown_output import differs

CRASH = [
    "study smoke · 2 trials · about 10 s · results in suites/2026-11-28_10-29-35_OORYXUWXVW_unreplicated_smoke",
    "trial 001 of 002 · crashed: server exited with 1 after 0.0 s, before it listened",
    "    .../suites/2026-11-28_10-29-35_OORYXUWXVW_unreplicated_smoke/001/server_err.txt",
    "[002/002; 100%] 0:00:07 / 0:00:27 + 0:00:00? {'measured.throughput': '67529'}",
    "1 finished, 1 crashed · fpray show OORY",
]
OTHER_RUN = [
    "building the reference jar (/usr/bin/javac) ...",
    "study smoke · 2 trials · about 12 s · results in suites/2027-01-02_03-04-05_ABCDEFGHIJ_unreplicated_smoke",
    "trial 001 of 002 · crashed: server exited with 1 after 0.25 s, before it listened",
    "    /tmp/a/suites/2027-01-02_03-04-05_ABCDEFGHIJ_unreplicated_smoke/001/server_err.txt",
    "[002/002; 100%] 0:00:17 / 0:01:27 + 0:00:00? {'measured.throughput': '1.5e+06'} · limited by the clients (97%)",
    "    doubt about these numbers: machine 127.0.0.1 was busy",
    "1 finished, 1 crashed · fpray show ABCD",
]


def test_times_names_of_suites_and_measurements_may_differ() -> None:
    assert differs(CRASH, OTHER_RUN) is None


@pytest.mark.parametrize("number", range(len(CRASH)))
def test_a_line_that_is_not_printed_is_a_difference(number: int) -> None:
    assert differs(CRASH, [line for k, line in enumerate(CRASH) if k != number])


def test_a_line_that_is_not_shown_is_a_difference() -> None:
    assert differs(CRASH, [*CRASH, "one more"])
    assert differs([*CRASH, "..."], [*CRASH, "one more"]) is None


@pytest.mark.parametrize(
    ("expected", "output"),
    [
        ("27 trials (3 x 3 x 3 repeats)", "28 trials (3 x 3 x 3 repeats)"),
        ("trial 001 of 002 · crashed: server exited with 1", "trial 001 of 002 · crashed: server exited with 2"),
        ("1 finished, 1 crashed · fpray show OORY", "2 finished · fpray show OORY"),
        ("{'jvm_heap_size': '100m'}", "{'jvm_heap_size': '200m'}"),
        ("num_leaders=1: f=1 needs at least f+1 = 2 leaders", "num_leaders=1: f=1 needs at least f+1 = 3 leaders"),
    ],
)
def test_other_numbers_and_words_may_not_differ(expected: str, output: str) -> None:
    assert differs([expected], [output])


def test_dots_in_a_line_stand_for_any_text_of_it() -> None:
    assert differs(["pingpong on ... jar: it.jar (sha ..."], ["pingpong on it · jar: it.jar (sha 1)"]) is None
    assert differs(["a ... c"], ["a b", "c"])
