"""The live display of a sweep in another terminal than its driver's, until the sweep ends."""

from __future__ import annotations

import time
from collections.abc import Iterator

from fpray.errors import Cause, FprayError
from fpray.files import layout
from fpray.files.reading import open_regular
from fpray.report.sections import SWEEPS, Sections
from fpray.report.snapshot import FAILED, read_snapshot
from fpray.report.status import DIED, UNFINISHED, SuiteState
from fpray.report.terminal_block import TerminalBlock
from fpray.report.text import on_terminal, say
from fpray.store.suite import Suite

_POLL_S = 0.5
_EARLIER_LINES = 20  # lines that were printed before and are shown first


def attach(suite: Suite, sections: Sections = SWEEPS, where: str = "") -> int:
    """Show what a sweep prints until it ends, and return its exit code. Ctrl-C ends the display, not the sweep.

    where: what follows the suite in the commands that are shown, such as ` --cluster FILE`.

    Raises:
        FprayError: the driver was killed.
    """
    state = SuiteState.of(suite, sections)
    if state.holder is None:
        code = _exit_code(state)  # first: of a driver that was killed, its error is all that is said
        say(f"{suite.path.name} is not running: {state.snapshot.says if state.snapshot else state.words()}")
        return code
    start = state.snapshot.log_from if state.snapshot is not None else 0
    block = TerminalBlock(lambda width: _block(suite, width)) if on_terminal() else None
    detached = False
    try:
        for line in _lines(suite, start):
            (block.print if block is not None else say)(line)
    except KeyboardInterrupt:
        detached = True
    finally:
        if block is not None:
            block.close()
    if detached:
        name = f"{suite.short_name}{where}"
        say(
            f"you have left the display; the sweep continues · see it again: fpray attach {name} · end it:"
            f" fpray stop {name}"
        )
        return 0
    state = SuiteState.of(suite, sections)
    if state.snapshot is not None and state.snapshot.state == FAILED:
        say(f"fpray: {state.snapshot.says}")
    return _exit_code(state)


def _block(suite: Suite, width: int) -> str:
    snapshot = read_snapshot(suite.path)
    return snapshot.block(time.time(), width) if snapshot is not None else "starting"


def _lines(suite: Suite, start: int) -> Iterator[str]:
    """The lines of a driver's log from a position on, until the driver ends."""
    pending, first = b"", True
    with open_regular(suite.path / layout.DRIVER_LOG) as log:
        log.seek(start)
        while True:
            over = suite.holder() is None  # checked first: the last lines are read after it
            *lines, pending = (pending + log.read()).split(b"\n")
            for line in lines[-_EARLIER_LINES:] if first else lines:
                yield line.decode(errors="backslashreplace")
            first = False
            if over:
                return
            time.sleep(_POLL_S)


def _exit_code(state: SuiteState) -> int:
    """The exit code of a driver that has ended.

    Raises:
        FprayError: it was killed.
    """
    if not state.suite.path.exists():
        return 2  # it was refused, and its log, which was shown, says why
    if state.state == DIED:
        raise FprayError(f"{state.suite.path.name}: {state.words()}", Cause.KILLED_DRIVER)
    if state.state == UNFINISHED:  # it was killed before it wrote anything, or what it wrote is gone
        raise FprayError(f"{state.suite.path.name} is not running: {state.words()}", Cause.KILLED_DRIVER)
    code = state.snapshot.exit_code if state.snapshot is not None else None
    return code if code is not None else 1
