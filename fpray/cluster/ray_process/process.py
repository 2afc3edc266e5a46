"""The driver's side of its Ray process: starts it, asks it, notices that it is gone, and ends it."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from fpray.cluster.calls import Unanswered
from fpray.cluster.ray_process.crash import crash_line, ray_process_here
from fpray.cluster.ray_process.message_socket import MessageSocket

# What belongs to the driver's Python, and has broken Ray: docstrings that are stripped, a prompt at the end.
_NOT_INHERITED = ("PYTHONOPTIMIZE", "PYTHONINSPECT", "PYTHONSTARTUP", "PYTHONBREAKPOINT")
# -P: no file of the current directory may take the place of a module. The directory of fpray comes last.
_PROGRAM = "import sys; sys.path.append(sys.argv[1]); from fpray.cluster.ray_process.main import main; main()"
_END_S = 15.0  # an orderly end of an embedded Ray takes one or two
_GONE = (errno.ESRCH, errno.EINVAL)  # no process has this id any more; -1 is none


class RayProcess:
    """A process that lives from `spawn` to `end`, unless it ends by itself before. Any thread may `ask`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._waiting: dict[int, Future[Any]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: MessageSocket | None = None
        self._output = -1
        self._reader: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._channel is not None

    @property
    def pid(self) -> int:
        """Its process id, and its session's; 0 before `spawn`."""
        return 0 if self._process is None else self._process.pid

    def spawn(self, environment: Mapping[str, str]) -> None:
        """Start it, with further environment variables. It has no terminal: Ctrl-C is for the driver alone."""
        ours, its = socket.socketpair()
        inherited = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
        self._output = os.memfd_create("ray")
        package = str(Path(__file__).parents[3])
        with its:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM, package, str(its.fileno()), str(os.getpid())],
                env={**inherited, **environment},
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                pass_fds=[its.fileno()],
                start_new_session=True,
            )
        self._channel = MessageSocket(ours)
        self._reader = threading.Thread(target=self._read, args=(self._channel,), name="fpray-ray", daemon=True)
        self._reader.start()

    def ask(self, request: str, *arguments: Any) -> Future[Any]:
        """The answer to a request, once it comes; `Unanswered` if the process has ended."""
        answer: Future[Any] = Future()
        with self._lock:
            channel, number = self._channel, next(self._numbers)
            if channel is not None:
                self._waiting[number] = answer
        if channel is None:
            remedy = "While trials run, fpray starts it again by itself; otherwise run the command again"
            answer.set_exception(Unanswered(f"{ray_process_here()} has ended. {remedy}"))
            return answer
        try:
            channel.send((number, request, arguments))
        except OSError:
            pass  # the reader sees the same, and fails every request
        return answer

    def tell(self, request: str, *arguments: Any) -> None:
        """Make a request that has no answer."""
        self.ask(request, *arguments)

    def _read(self, channel: MessageSocket) -> None:
        """Hand out answers until the process has ended, in a thread of its own."""
        with contextlib.suppress(EOFError):
            while True:
                number, succeeded, value = channel.receive()
                with self._lock:
                    answer = self._waiting.pop(number, None)
                if answer is not None:
                    (answer.set_result if succeeded else answer.set_exception)(value)
                del value, answer  # it may be the rows of a client, and the next answer may be far
        why = self._reap()
        with self._lock:
            self._channel = None
            waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            answer.set_exception(Unanswered(why))

    def _reap(self) -> str:
        """Wait until the process has ended: how it did."""
        assert self._process is not None
        try:
            code = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        with os.fdopen(self._output, "rb") as output:
            output.seek(0)
            return crash_line(code, output.read().decode(errors="replace"))

    def kill(self) -> None:
        """End it alone and at once: it stands still."""
        if self._process is not None:
            self._process.kill()

    def end_with(self, vital: Collection[int]) -> None:
        """Kill it where it outlives one of these processes by 15 s; returns at once.

        Usually it notices that itself, and ends. Ray can keep it from that, such as by waiting in C++ with Python's
        lock.
        """
        assert self._process is not None
        threading.Thread(target=_end_after, args=(self._process, vital), name="fpray-vital", daemon=True).start()

    def end(self) -> None:
        """End it, and the embedded Ray that it may have started. Never raises; returns when it has ended."""
        channel, process, reader = self._channel, self._process, self._reader
        if channel is not None:
            channel.close()
        if process is not None:
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if reader is not None and reader.is_alive():  # Ctrl-C may have come while it was being started
            reader.join()


def _end_after(process: subprocess.Popen[bytes], vital: Collection[int]) -> None:
    with contextlib.ExitStack() as files:
        poll = select.poll()
        try:
            for pid in (process.pid, *vital):
                files.callback(os.close, pidfd := os.pidfd_open(pid))
                poll.register(pidfd, select.POLLIN)
        except OSError as error:
            if error.errno not in _GONE:  # too many files are open, say: then it has to notice by itself
                return
        else:
            poll.poll()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
