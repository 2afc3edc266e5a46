"""What signals do to a command that runs trials."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.support.patience import LONG


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_the_command_is_imported_ends_it_with_a_sentence(number: signal.Signals) -> None:
    """H4, H6: the exit code was that of the signal."""
    code = f"""if True:
        import os, sys
        class Importing:
            def find_spec(self, name, *_):
                if name == "fpray.cli.main":
                    os.kill(os.getpid(), {number:d})
        sys.meta_path.insert(0, Importing())
        sys.argv = ["fpray", "sweep", "unreplicated"]
        from fpray.cli.entry import main
        main()"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "interrupted · nothing was started\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_python_ends_changes_no_exit_code(number: signal.Signals) -> None:
    """H4, H6: a second signal that came late ended the command with the signal's code."""
    code = f"""if True:
        import os, sys
        from fpray.cli.interrupt import interruptible
        interruptible()
        class Late:
            def __del__(self, kill=os.kill, own=os.getpid()):
                kill(own, {number:d})
        late = Late()
        sys.exit(130)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("wait", ["threading.Event().wait()", "queue.SimpleQueue().get()"])
def test_a_signal_ends_a_wait_also_when_the_main_thread_does_not_get_it(number: signal.Signals, wait: str) -> None:
    """H4: one that came just before a wait began was answered when something else ended the wait, minutes later."""
    code = f"""if True:
        import queue, signal, sys, threading, time
        from fpray.cli.interrupt import interruptible
        interruptible()
        def elsewhere():
            time.sleep(0.3)  # the main thread waits
            signal.pthread_kill(threading.get_ident(), {number:d})
        try:
            threading.Thread(target=elsewhere).start()
            {wait}
        except KeyboardInterrupt:
            sys.exit(130)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=LONG)
    assert (done.returncode, done.stderr) == (130, "stopping (Ctrl-C again stops at once)\n")
