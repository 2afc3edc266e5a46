"""The lines of a log that are shown: the heaviest ones, in their order."""

from __future__ import annotations

from fpray.files.weighty_lines import telling

NOISE = [f"[Nov 28 04:21:57.9{i}] [DEBUG] [Thread {i}] Leader received a message" for i in range(30)]
WARNING = "[Nov 28 04:21:57.998744656] [WARN] [Thread 1] Client futures timed out!"


def test_a_warning_above_debug_lines_is_shown() -> None:
    """K3: the line that matters stands above the noise."""
    lines = telling([*NOISE, WARNING, *NOISE], 5)
    assert WARNING in lines
    assert len(lines) == 5


def test_errors_come_before_warnings_and_later_before_earlier() -> None:
    error = "java.net.BindException: Address already in use"
    plain = [f"line {i}" for i in range(9)]
    assert telling([error, *NOISE, WARNING, *plain, *NOISE], 4) == (error, WARNING, "line 7", "line 8")


def test_frames_of_a_stack_are_noise() -> None:
    trace = ["Exception in thread main", *(f"\tat frankenpaxos.Main.call({i})" for i in range(20)), "... 3 more"]
    assert telling(["before", *trace], 2) == ("before", "Exception in thread main")


def test_a_short_log_is_shown_as_it_is() -> None:
    assert telling(NOISE[:3], 5) == tuple(NOISE[:3])
