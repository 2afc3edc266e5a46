"""Forks one process with everything reset, in a group of its own; says why if it cannot become its program."""

from __future__ import annotations

import errno
import json
import os
import signal
from typing import Any, NoReturn

from .kernel import PR_SET_PDEATHSIG, prctl

IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE)  # by the supervisor; all others have their default
_OUTPUT = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND  # a file that is cut goes on at its new end


def spawn(process: dict[str, Any], env: dict[str, str], supervisor: int) -> tuple[int, int]:
    """Fork a process: its pid, and a pipe that ends at its exec, or gives a reason (JSON) why there is none.

    process: as in a start order; supervisor: this pid. Raises OSError if there can be no fork.
    """
    report, report_end = os.pipe2(os.O_CLOEXEC)
    os.set_blocking(report, False)
    # Blocked over the fork: a TERM that comes before the exec must end the child, not run this Python's handler.
    signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            _become(process, env, report_end, supervisor)
    except OSError:
        os.close(report)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.close(report_end)
    return pid, report


def _become(process: dict[str, Any], env: dict[str, str], report: int, supervisor: int) -> NoReturn:
    """In the forked child, all signals still blocked: become the program, or say on report why not."""
    at = "setpgid"
    try:
        os.setpgid(0, 0)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:  # it died before the prctl
            os._exit(1)
        for signum in (*IGNORED, signal.SIGTERM):
            signal.signal(signum, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        for number, (path, flags) in enumerate((
            ("/dev/null", os.O_RDONLY),
            (process["stdout"], _OUTPUT),
            (process["stderr"], _OUTPUT),
        )):  # fmt: skip
            at = path
            os.dup2(os.open(path, flags, 0o666), number)
        if report != 3:
            os.dup2(report, 3, inheritable=False)
            report = 3
        os.closerange(4, 1 << 20)
        at = process["cwd"]
        os.chdir(at)
        at = process["argv"][0]
        os.execvpe(at, process["argv"], env)
    except OSError as error:
        os.write(report, json.dumps([error.errno, at]).encode())
    except BaseException:
        os.write(report, json.dumps([errno.EINVAL, at]).encode())
    finally:
        os._exit(127)
