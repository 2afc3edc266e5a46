"""Recordings are read without a JDK; a damaged one is refused in a sentence, whatever is wrong with it."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fpray.profiles.jfr.cursor import BadRecording, Cursor
from fpray.profiles.jfr.samples import Sample, frame_text, read_samples
from fpray.profiles.stacks import counted
from tests.profiles.recordings import RELEASES, recording

WHOLE = {release: recording(release) for release in RELEASES}
_HEADER = 68


def _samples(directory: Path, data: bytes) -> list[Sample]:
    file = directory / "server.jfr"
    file.write_bytes(data)
    return list(read_samples(file))


@pytest.mark.parametrize("release", RELEASES)
def test_a_recording_says_where_its_threads_were(release: str, tmp_path: Path) -> None:
    samples = _samples(tmp_path, WHOLE[release])
    assert len(samples) > 10
    of_main = [sample for sample in samples if sample.thread == "main"]
    assert {sample.frames[:2] for sample in of_main if "Busy.work" in sample.frames} == {("Busy.main", "Busy.work")}
    times = [sample.at_ns for sample in of_main]
    assert times == sorted(times)
    assert 0 < times[-1] - times[0] < 5e9


def test_only_the_measured_window_counts(tmp_path: Path) -> None:
    samples = _samples(tmp_path, WHOLE["jdk17"])
    begin, end = samples[3].at_ns, samples[6].at_ns
    assert sum(counted(samples, (begin, end)).values()) == sum(begin <= sample.at_ns < end for sample in samples) > 0
    assert sum(counted(samples, None).values()) == len(samples)


def test_several_chunks_are_one_recording(tmp_path: Path) -> None:
    once = _samples(tmp_path, WHOLE["jdk17"])
    assert len(_samples(tmp_path, WHOLE["jdk17"] * 2)) == 2 * len(once)
    both = _samples(tmp_path, WHOLE["jdk17"] + WHOLE["jdk25"])
    assert len(both) == len(once) + len(_samples(tmp_path, WHOLE["jdk25"]))


@pytest.mark.parametrize("release", RELEASES)
def test_an_unfinished_chunk_gives_what_it_has(release: str, tmp_path: Path) -> None:
    """Of a JVM that was killed, the header may have no size, and the last event may be cut."""
    whole = WHOLE[release]
    unfinished = whole[:8] + struct.pack(">q", 0) + whole[16:]
    assert _samples(tmp_path, unfinished) == _samples(tmp_path, whole)
    for size in (_HEADER, _HEADER + 1, len(whole) // 2, len(whole) - 1):
        assert len(_samples(tmp_path, unfinished[:size])) <= len(_samples(tmp_path, whole))


@pytest.mark.parametrize("data", [b"", b"x" * 100, b"FLR\0" + b"\xff" * 200, b"\0" * 1000])
def test_what_is_no_recording_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(BadRecording, match=r"empty|no recording"):
        _samples(tmp_path, data)


def test_a_directory_or_a_pipe_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        list(read_samples(tmp_path))


def _overwritten(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


_CHANGES: dict[str, Callable[[bytes, int, bytes], bytes]] = {
    "overwritten": _overwritten,
    "cut": lambda data, at, _: data[:at],
    "removed": lambda data, at, new: data[:at] + data[at + len(new) :],
    "inserted": lambda data, at, new: data[:at] + new + data[at:],
}


@pytest.mark.heavy
@given(
    release=st.sampled_from(RELEASES),
    kind=st.sampled_from(sorted(_CHANGES)),
    share=st.floats(0, 1),
    new=st.one_of(st.binary(min_size=1, max_size=40), st.just(b"\xff" * 9), st.just(b"\0" * 20)),
)
@settings(max_examples=60)
def test_a_damaged_recording_is_read_or_refused(
    release: str, kind: str, share: float, new: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = WHOLE[release]
    changed = _CHANGES[kind](data, int(share * len(data)), new)
    samples: list[Sample] = []
    with suppress(BadRecording):
        samples = _samples(tmp_path_factory.getbasetemp(), changed)
    assert len(samples) <= len(changed)
    assert all(frame.isprintable() and ";" not in frame for sample in samples for frame in sample.frames)


@pytest.mark.parametrize("at", ["pools", "constants", "texts"])
def test_a_number_of_things_that_are_not_there_takes_no_memory(at: str, tmp_path: Path) -> None:
    huge = b"\xff" * 8 + b"\x7f"
    body = {
        "pools": b"\x01" + b"\0" * 4 + huge,
        "constants": b"\x01" + b"\0" * 4 + b"\x01" + b"\x05" + huge,
        "texts": b"\0" + b"\0" * 3 + huge,
    }[at]
    event = bytes([len(body) + 1]) + body
    header = WHOLE["jdk17"][:8] + struct.pack(">q", _HEADER + len(event)) + WHOLE["jdk17"][16:_HEADER]
    tracemalloc.start()
    try:
        assert _samples(tmp_path, header + event) == []
    except BadRecording:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 5_000_000


@given(st.integers(0, 2**63 - 1))
def test_numbers_are_read_as_they_are_written(number: int) -> None:
    data, rest = bytearray(), number
    for place in range(9):
        last = place == 8 or rest < 0x80
        data.append(rest & 0xFF if last else (rest & 0x7F) | 0x80)
        rest >>= 7
        if last:
            break
    cursor = Cursor(bytes(data))
    assert (cursor.number(), cursor.position) == (number, len(data))


def test_a_name_cannot_break_a_line_of_stacks() -> None:
    assert frame_text("a;b\n\x1b[31mc\u202e") == "a,b\\nc\\u202e"
