"""What signals do to a command that runs trials."""

from __future__ import annotations

import subprocess
import sys


def test_a_closed_terminal_does_not_end_what_runs_under_nohup() -> None:
    code = """if True:
        import os, signal
        from fpray.cli.interrupt import interruptible
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        interruptible()
        os.kill(os.getpid(), signal.SIGHUP)
        print("goes on")"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "goes on\n", done.stderr
