"""What the texts of a kernel say, and that none of them, however odd, raises."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpray.node.cpu_limits import cgroups, cores_allowed, periods, stopped_share
from fpray.node.kernel_counters import core_times, pressure_s, process_times, thread_times
from fpray.node.sampling.jvm import counters_of
from fpray.node.sampling.links import link_counters
from fpray.node.sampling.machine import memory_in_use, page_refaults, tcp_retransmits
from fpray.node.sampling.queue_rates import rate_of
from fpray.node.sampling.threads import split_name

STAT = b"""cpu  900 0 100 5000 7 30 3 20 0 0
cpu0 100 10 50 2000 3 20 1 10 0 0
cpu1 800 0 50 3000 4 10 2 10 0 0
intr 123 0 1
procs_running 3
"""
DEV = b"""Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier
    lo: 55 7 0 0 0 0 0 0 55 7 0 0 0 0 0 0
  eth0:802267694   17641    0    0    0     0          0         0   928454   10304    0    0    0     0    0    0
"""
SNMP = b"""Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm MaxConn ActiveOpens RetransSegs InErrs
Tcp: 1 -1 5 42 0
"""
PROCESS = b"77 (a) b) c) S 1 77 77 0 -1 4194560 11 22 0 0 300 40 5 6 20 0 25 0 123 456 1000 18446744073709551615 1"
MEMINFO = b"MemTotal:        8000000 kB\nMemFree:          100 kB\nMemAvailable:    3000000 kB\n"
VMSTAT = b"nr_free_pages 9\nworkingset_nodes 4\nworkingset_refault_anon 5\nworkingset_refault_file 70\n"
PRESSURE = b"some avg10=12.26 avg60=11.93 avg300=12.28 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=9\n"


def test_what_a_kernel_says_is_read() -> None:
    assert [round(100 * seconds) for seconds in core_times(STAT, [1])] == [850, 12, 10]
    assert [round(100 * seconds) for seconds in core_times(STAT, [0, 1])] == [1010, 33, 20]
    assert link_counters(DEV) == {b"lo": (55, 55), b"eth0": (802267694, 928454)}
    assert tcp_retransmits(SNMP) == 42
    assert memory_in_use(MEMINFO) == 5_000_000 * 1024
    assert (page_refaults(VMSTAT), page_refaults(b"workingset_refault 8\n")) == (75, 8)
    assert pressure_s(PRESSURE) == 2.5
    times = process_times(PROCESS)
    assert times is not None
    assert (round(100 * times.ran_s), times.threads, times.memory) == (351, 25, 1000 * 4096)
    assert process_times(PROCESS.replace(b" S ", b" Z ").replace(b" 25 ", b" 1 ")) is None
    assert process_times(PROCESS.replace(b" S ", b" Z ")) is not None, "its other threads still compute"
    assert thread_times(b"68889140 57151060 330\n") == (68889140, 57151060)
    assert thread_times(b"0 0 0\n") is None


@pytest.mark.parametrize(
    ("files", "cores", "stops"),
    [
        ({"/a/b/cpu.max": "150000 100000\n", "/a/cpu.max": "max 100000\n"}, 1.5, "/a/b"),
        ({"/a/cpu.max": "50000 100000\n", "/a/b/cpu.max": "200000 100000\n"}, 0.5, "/a"),
        ({"/cpu,cpuacct/a/b/cpu.cfs_quota_us": "300000\n", "/cpu,cpuacct/a/b/cpu.cfs_period_us": "100000\n"}, 3.0, ""),
        ({"/cpu,cpuacct/a/b/cpu.cfs_quota_us": "-1\n", "/cpu,cpuacct/a/b/cpu.cfs_period_us": "100000\n"}, None, ""),
        ({"/a/cpu.max": "0 0\n"}, None, ""),
        ({}, None, ""),
    ],
)
def test_the_tightest_limit_of_a_cgroup_counts(files: dict[str, str], cores: float | None, stops: str) -> None:
    own = "3:cpu,cpuacct:/a/b\n" if "cpuacct" in str(files) else "2:memory:/elsewhere\n0::/a/b\n"
    by_path = {f"/sys/fs/cgroup{path}": text for path, text in files.items()} | {"/proc/self/cgroup": own}

    def read(path: str) -> str:
        return by_path.get(path, "")

    directories = cgroups(read)
    assert cores_allowed(directories, read) == cores
    if stops:
        stat = f"/sys/fs/cgroup{stops}/cpu.stat"
        by_path[stat] = "usage_usec 5\nnr_periods 100\nnr_throttled 10\n"
        first = periods(directories, read)
        by_path[stat] = "usage_usec 5\nnr_periods 110\nnr_throttled 15\n"
        assert stopped_share(first, periods(directories, read)) == 0.5


SLOW = struct.pack("=IiIi", 125_000, 0, 0, 0)


def _attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def _queue(kind: bytes, options: bytes) -> bytes:
    return _attribute(1, kind + b"\0") + _attribute(2, options)


@pytest.mark.parametrize(
    ("attributes", "rate"),
    [
        (_queue(b"netem", bytes(24) + _attribute(1, bytes(16)) + _attribute(6, SLOW)), 125_000),
        (_queue(b"netem", bytes(24) + _attribute(6, b"\xff" * 16) + _attribute(8, struct.pack("=Q", 5 * 10**9))), 5e9),
        (_queue(b"netem", bytes(24)), None),  # it only delays
        (_queue(b"tbf", _attribute(1, struct.pack("=BBHhHI", 0, 1, 0, -1, 0, 1_250_000) + bytes(24))), 1_250_000),
        (_queue(b"tbf", _attribute(1, b"\xff" * 36) + _attribute(4, struct.pack("=Q", 6 * 10**9))), 6e9),
        (_queue(b"noqueue", b""), None),
        (b"", None),
    ],
)  # fmt: skip
def test_a_rate_that_tc_has_set(attributes: bytes, rate: float | None) -> None:
    assert rate_of(attributes) == rate


@given(name=st.binary(max_size=9).filter(lambda name: b"\n" not in name), work=st.integers(0, 10**12 - 1))
def test_a_thread_that_counts_its_work_has_a_name_without_the_count(name: bytes, work: int) -> None:
    assert split_name(name + b" %dms\n" % work) == (split_name(name + b"\n")[0], work) or b"ms" in name


@pytest.mark.parametrize(
    ("comm", "name", "work"),
    [
        (b"loop 8123ms\n", "loop", 8123),
        (b"an event loop 0ms\n", "an event loop", 0),
        (b" 7ms", "", 7),
        (b"loop 8123ms 9ms\n", "loop 8123ms", 9),
        (b"loop8123ms\n", "loop8123ms", None),
        (b"loop -5ms\n", "loop -5ms", None),
        (b"loop 81.5ms\n", "loop 81.5ms", None),
        (b"loop 81 ms\n", "loop 81 ms", None),
        (b"loop 1234567890\n", "loop 1234567890", None),  # the kernel has cut it off
        (b"\x1b[31mred\n", "red", None),
        (b"", "", None),
    ],
)
def test_names_of_threads(comm: bytes, name: str, work: int | None) -> None:
    assert split_name(comm) == (name, work)


READERS: list[tuple[Callable[[bytes], Any], bytes]] = [
    (lambda text: core_times(text, [0, 1]), STAT),
    (link_counters, DEV),
    (tcp_retransmits, SNMP),
    (memory_in_use, MEMINFO),
    (page_refaults, VMSTAT),
    (pressure_s, PRESSURE),
    (process_times, PROCESS),
    (thread_times, b"68889140 57151060 330\n"),
    (split_name, b"loop 8123ms\n"),
    (rate_of, _queue(b"netem", bytes(24) + _attribute(6, SLOW))),
    (counters_of, b"\xca\xfe\xc0\xc0\x01\x02\x00\x01" + struct.pack("<iiqii", 90, 0, 0, 32, 2) + bytes(120)),
]


@pytest.mark.parametrize(("reader", "text"), READERS)
@given(data=st.data())
def test_no_text_is_too_odd(reader: Callable[[bytes], Any], text: bytes, data: st.DataObject) -> None:
    """A piece of a text with other bytes in it, or other bytes alone, is read or is None."""
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    odd = data.draw(st.one_of(st.binary(max_size=40), st.sampled_from([b"9" * 5000, b"-1", b"1e9", b" ", b"\n", b":"])))
    reader(data.draw(st.sampled_from([text[:begin] + odd + text[end:], text[begin:end], odd])))


@given(text=st.text(max_size=200))
def test_no_cgroup_is_too_odd(text: str) -> None:
    directories = cgroups(lambda _: text)
    assert cores_allowed(directories, lambda _: text) is None or text.strip()
    periods(directories, lambda _: text)
