"""What is read of JVMs and of `promtool`, and written for Prometheus: logs of garbage collections, series, labels."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpray.metrics.gc_log import Pause, pauses
from fpray.metrics.series_text import labels_text, read_series

AT = 1_796_028_253_123_000_000
UNIFIED = """\
[2026-11-30T08:44:13.123+0000][gc,init ] Version: 17.0.13+11-Debian-2deb12u1 (release)
[2026-11-30T08:44:13.123+0000][gc,start] GC(0) Pause Young (Normal) (G1 Evacuation Pause)
[2026-11-30T08:44:13.123+0000][gc,phases] GC(0)   Pre Evacuate Collection Set: 0.1ms
[2026-11-30T08:44:13.123+0000][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 24M->4M(256M) 3.500ms
[2026-11-30T08:44:13.123+0000][gc] GC(1) Pause Full (System.gc()) 7168K->1M(9M) 13.000ms
[2026-11-30T08:44:13.123+0000][gc,phases] GC(2) Y: Pause Mark Start 0.250ms
[2026-11-30T08:44:13.123+0000][gc] GC(2) Concurrent Mark Cycle 12.345ms
[2026-11-30T10:44:13.123+0200][gc] GC(3) Pause Init Mark (unload classes) 0.500ms
"""
JDK_8 = """\
OpenJDK 64-Bit Server VM (25.392-b08) for linux-amd64 JRE (1.8.0_392-b08), built on Oct 17 2023
2026-11-30T08:44:13.123+0000: 11.111: [GC (Allocation Failure) [PSYoungGen: 6144K->1024K(9216K)] 10240K->5120K(20480K), 0.0055 secs] [Times: user=0.01 sys=0.00, real=0.01 secs]
2026-11-30T08:44:13.123+0000: 1.2: [Full GC (Ergonomics) [PSYoungGen: 512K->0K(9216K)] [ParOldGen: 8192K->8000K(1024K)] 8704K->8192K(1024K), [Metaspace: 3K->3K(1056768K)], 0.0255 secs]
2026-11-30T08:44:13.123+0000: 0.195: [GC (Allocation Failure) 2026-11-30T08:44:13.123+0000: 0.195: [DefNew: 2752K->320K(3072K), 0.0028 secs] 2752K->1004K(9920K), 0.0029 secs]
2026-11-30T09:44:13.123+0100: 0.522: [GC pause (G1 Evacuation Pause) (young), 0.0157400 secs]
2026-11-30T08:44:13.123+0000: 0.522: [Full GC (System.gc())  8M->1M(9M), 0.5 secs]
2026-11-30T08:44:13.123+0000: 0.522: [GC remark 2026-11-30T08:44:13.123+0000: 0.5: [GC ref-proc, 0.0001 secs], 0.0112 secs]
2026-11-30T08:44:13.123+0000: 0.522: [GC concurrent-mark-end, 0.0111 secs]
Heap after GC invocations=1 (full 0):
"""  # noqa: E501  as a JVM prints it


def test_the_log_of_jdk_9_and_later() -> None:
    assert list(pauses(UNIFIED.splitlines())) == [
        Pause(AT, "Young (Normal) (G1 Evacuation Pause)", 0.0035, 24 << 20, 4 << 20),
        Pause(AT, "Full (System.gc())", 0.013, 7 << 20, 1 << 20),
        Pause(AT, "Mark Start", 0.00025, None, None),
        Pause(AT, "Init Mark (unload classes)", 0.0005, None, None),
    ]


def test_the_log_of_jdk_8() -> None:
    assert list(pauses(JDK_8.splitlines())) == [
        Pause(AT, "GC (Allocation Failure)", 0.0055, 10240 << 10, 5120 << 10),
        Pause(AT, "Full GC (Ergonomics)", 0.0255, 8704 << 10, 8192 << 10),
        Pause(AT, "GC (Allocation Failure)", 0.0029, 2752 << 10, 1004 << 10),
        Pause(AT, "GC pause (G1 Evacuation Pause) (young)", 0.01574, None, None),
        Pause(AT, "Full GC (System.gc())", 0.5, 8 << 20, 1 << 20),
        Pause(AT, "GC remark", 0.0112, None, None),
    ]


@given(st.lists(st.sampled_from([*UNIFIED.splitlines(), *JDK_8.splitlines()]), max_size=3), st.data())
def test_what_is_cut_or_changed_in_a_log_is_skipped_or_read(lines: list[str], data: st.DataObject) -> None:
    text = "\n".join(lines)
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, len(text)))
    changed = text[:begin] + data.draw(st.text(max_size=8)) + text[end:]
    assert all(pause.seconds >= 0 for pause in pauses(changed.splitlines()))


def _go_quoted(text: str) -> str:
    """As Go's strconv.Quote, where that differs from JSON."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)


_NAMES = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,8}", fullmatch=True)
_VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.dictionaries(_NAMES, _VALUES, max_size=4))
def test_a_series_is_read_as_go_has_written_it(labels: dict[str, str]) -> None:
    text = "{" + ", ".join(f"{name}={_go_quoted(value)}" for name, value in labels.items()) + "}"
    assert read_series(text) == labels
    assert read_series("{" + labels_text(labels) + "}") == {name: value for name, value in labels.items() if value}


@pytest.mark.parametrize("text", ["", "{", "x", '{a="b"', '{a="b} 1', "{a=b}", '{a="b"} ', '{="b"}', '{1a="b"}'])
def test_what_is_no_series_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="is no series of Prometheus"):
        read_series(text)


def test_escapes_of_go_that_json_lacks() -> None:
    assert read_series(r'{a="\x41\101\a\v\u00e9\U0001f984\"\\"}') == {"a": 'AA\a\vé🦄"\\'}
