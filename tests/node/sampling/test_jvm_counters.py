"""How long a JVM stood still for its garbage collector, from its file of counters."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fpray.node.sampling import jvm
from fpray.node.sampling.jvm import GcTime
from tests.node.sampling.hsperfdata import hsperfdata

COUNTERS = {
    "sun.os.hrt.frequency": 1000,
    "sun.gc.collector.0.invocations": 77,
    "sun.gc.collector.0.time": 1500,
    "sun.gc.collector.1.time": 250,
    "sun.gc.collector.1.lastEntryTime": 9,
}


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_times_of_all_collectors_are_added_up(order: str) -> None:
    found_order, places, ticks_per_s = jvm.counters_of(hsperfdata(COUNTERS, order)) or ("", [], 0)
    assert (found_order, len(places), ticks_per_s) == (order, 2, 1000)


def test_a_file_without_what_is_needed_says_nothing() -> None:
    assert jvm.counters_of(hsperfdata({"sun.os.hrt.frequency": 1000})) is None
    assert jvm.counters_of(hsperfdata({"sun.gc.collector.0.time": 5})) is None
    assert jvm.counters_of(hsperfdata({**COUNTERS, "sun.os.hrt.frequency": 0})) is None


def test_a_process_that_is_no_jvm_has_none() -> None:
    assert GcTime.of(os.getpid()) is None
    assert GcTime.of(2**22 + 1) is None


def test_the_file_is_read_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "counters"
    path.write_bytes(hsperfdata(COUNTERS))
    counters = jvm.counters_of(path.read_bytes())
    assert counters is not None
    time = GcTime(os.open(path, os.O_RDONLY), *counters)
    assert time.seconds() == 1.75
    with path.open("r+b") as content:
        content.write(hsperfdata({**COUNTERS, "sun.gc.collector.0.time": 2500}))
    assert time.seconds() == 2.75
    path.write_bytes(b"")
    assert time.seconds() is None
    time.close()
