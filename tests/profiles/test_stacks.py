"""Stacks as text, and by function."""

from __future__ import annotations

from pathlib import Path

from fpray.profiles.jfr.samples import Sample
from fpray.profiles.stacks import Share, as_text, counted, read_stacks, shares, top

STACKS = {("main", "A.run", "B.call"): 3, ("main", "A.run"): 1, ("two words", "A.run", "A.run", "C.wait"): 6}


def test_text_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "stacks.txt"
    file.write_text(as_text(STACKS))
    assert file.read_text().splitlines()[0] == "main;A.run 1"
    assert read_stacks(file) == STACKS


def test_lines_that_are_no_stacks_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "stacks.txt"
    file.write_bytes(b"main;A.run 2\n\n5\nno number\nmain;A -3\nmain;B 9999999999999999999999\nmain;\x1b[1mC\xff 4\n")
    assert read_stacks(file) == {("main", "A.run"): 2, ("main", "C\\xff"): 4}


def test_a_function_counts_once_in_a_stack() -> None:
    by_function = shares([STACKS])
    assert by_function["A.run"] == Share(self_samples=1, total_samples=10)
    assert by_function["C.wait"] == Share(6, 6)
    assert "main" not in by_function, "a thread is no function"
    assert [name for name, _ in top(by_function, 2)] == ["C.wait", "B.call"]


def test_threads_that_wait_in_native_code_do_not_count() -> None:
    names = ("sun.nio.ch.EPoll.wait", "sun.nio.ch.EPollArrayWrapper.epollWait", "java.lang.Thread.sleep0",
             "io.netty.channel.epoll.Native.epollWait0", "sun.nio.ch.SocketDispatcher.write0")  # fmt: skip
    samples = [Sample(1, "main", ("A.run", name), is_native=True) for name in names]
    assert counted(samples, None) == {("main", "A.run", "sun.nio.ch.SocketDispatcher.write0"): 1}
    java = [Sample(1, "main", ("A.run", "B.poll"), is_native=False)]
    assert sum(counted(java, None).values()) == 1, "Java code that ran did not wait, whatever its name is"
