"""Ctrl-C on a terminal: its echo, the live block and the messages each have lines of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import FPRAY
from tests.support.rings import some_fast
from tests.support.terminal import INTERRUPT, Screen, Terminal

LINE = "starting Ray on this machine"
LONG_LINE = f"{LINE}, which takes a while on a busy machine"
_BLOCK = f"""if True:
    import time
    from fpray.cli.interrupt import interruptible
    from fpray.report.terminal_block import TerminalBlock
    interruptible()
    block = TerminalBlock(lambda width: "{LONG_LINE}")
    try:
        while True:
            time.sleep(0.05)
    except KeyboardInterrupt:
        block.print("interrupted")
        block.close()"""

_WITHOUT_BLOCK = """if True:
    import time
    from fpray.cli.interrupt import interruptible
    interruptible()
    print("ready")
    while True:
        time.sleep(0.05)"""


@pytest.mark.heavy
@pytest.mark.parametrize("beyond", some_fast([0, -20, -1, 1, 2, 3, 40], 4))
def test_a_live_line_of_any_width_stands_apart_from_the_echo(beyond: int, tmp_path: Path) -> None:
    """C5: also one that fills the row, nearly fills it, or is cut to it, so that the echo would begin another row."""
    terminal = Terminal([sys.executable, "-c", _BLOCK], tmp_path, width=2 + len(LONG_LINE) + beyond)
    terminal.until(_shows(LONG_LINE[:40]))
    terminal.type(INTERRUPT)
    assert terminal.wait() == 0
    assert terminal.screen.echoes == ["^C"]
    assert _lines(terminal.screen) == [
        "stopping (Ctrl-C again stops at once)",
        "interrupted",
    ]


def test_without_a_live_line_a_message_stands_below_the_echo(tmp_path: Path) -> None:
    """C5: before there is a live block."""
    terminal = Terminal([sys.executable, "-c", _WITHOUT_BLOCK], tmp_path, width=80)
    terminal.until(lambda screen: screen.rows == ["ready", ""])
    terminal.type(INTERRUPT)
    terminal.wait()
    assert terminal.screen.echoes == ["^C"]
    assert _lines(terminal.screen)[:3] == [
        "ready",
        "^C",
        "stopping (Ctrl-C again stops at once)",
    ]


@pytest.mark.ray
@pytest.mark.jvm
@pytest.mark.parametrize(("moment", "width"), [(LINE, 80), (LINE, 40), ("measuring", 80), ("measuring", 40)])
def test_a_sweep_that_is_interrupted_leaves_whole_lines(moment: str, width: int, tmp_path: Path) -> None:
    """C5: while Ray starts, and in the middle of a trial."""
    words = ["sweep", "unreplicated", "--set", "duration=60s", "--vary", "num_client_procs=1", "--local"]
    terminal = Terminal([FPRAY, *words], tmp_path, width=width)
    terminal.until(_shows(moment))
    terminal.type(INTERRUPT)
    assert terminal.wait() == 130
    assert terminal.screen.echoes == ["^C"]
    lines = _lines(terminal.screen)
    assert "stopping (Ctrl-C again stops at once)" in lines
    assert not [line for line in lines if line.startswith("  ") or "^C" in line], "the live block is gone"
    assert "interrupted" in lines[-1] or "continue" in "".join(lines[-3:]), lines


def _shows(text: str) -> Callable[[Screen], bool]:
    """And the cursor is below it: the echo of a key that is pressed while a line is drawn may stand within it."""
    return lambda screen: any(text in row for row in screen.rows) and not screen.rows[-1]


def _lines(screen: Screen) -> list[str]:
    """What stands on the screen, without empty lines."""
    return [row.rstrip() for row in screen.rows if row.strip()]
