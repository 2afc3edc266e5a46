"""The program of the Ray process: answers what the driver asks, and ends with the driver, the raylet or the head."""

from __future__ import annotations

import os
import queue
import select
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from fpray.cluster.ray_process.connection import Connection
from fpray.cluster.ray_process.message_socket import MessageSocket
from fpray.node.priority import use_batch_scheduling
from fpray.node.supervisor.kernel import PR_SET_NAME, prctl


def main() -> None:
    """Arguments: the directory of fpray, a file descriptor to the driver, the driver's process id."""
    line, driver = socket.socket(fileno=int(sys.argv[2])), os.pidfd_open(int(sys.argv[3]))
    prctl(PR_SET_NAME, b"fpray-ray")
    use_batch_scheduling()

    def end_with(process: int) -> None:
        """End as soon as a process (a pidfd) has ended."""
        threading.Thread(target=watch, args=(process,), name="watch", daemon=True).start()

    def watch(process: int) -> None:
        select.select([process], [], [])
        leave(1)

    def leave(code: int) -> None:
        leaving.acquire()  # the first of the threads that want to leave does it; the others wait for the end
        connection.abandon(directory_too=bool(select.select([driver], [], [], 0)[0]))
        os._exit(code)

    leaving = threading.Lock()
    connection = Connection(end_with)
    end_with(driver)
    _Answers(MessageSocket(line), connection, end_with, leave).run()


class _Answers:
    """Calls are passed on by the thread that reads them; what may take long is done by the main thread, in order."""

    def __init__(
        self,
        channel: MessageSocket,
        connection: Connection,
        end_with: Callable[[int], None],
        leave: Callable[[int], None],
    ) -> None:
        self._channel, self._connection, self._end_with, self._leave = channel, connection, end_with, leave
        self._long: queue.SimpleQueue[tuple[int, str, tuple[Any, ...]] | None] = queue.SimpleQueue()

    def run(self) -> None:
        """Answer until the driver closes its end, then end Ray in an orderly way."""
        threading.Thread(target=self._read, name="requests", daemon=True).start()
        while (request := self._long.get()) is not None:
            number, name, arguments = request
            try:
                value = getattr(self._connection, name)(*arguments)
            except Exception as error:  # whatever Ray raises: the driver decides what it means
                self._answer(number, False, error)
            else:
                self._answer(number, True, value)
                if name == "start":
                    for process in self._connection.vital():
                        self._end_with(process)
        self._connection.stop()
        self._leave(0)

    def _read(self) -> None:
        try:
            while True:
                number, name, arguments = self._channel.receive()
                if name not in ("call", "wake"):
                    self._long.put((number, name, arguments))
                    continue
                try:
                    call = getattr(self._connection, name)(*arguments)
                except Exception as error:
                    self._answer(number, False, error)
                else:
                    call.future().add_done_callback(lambda future, number=number: self._pass_on(number, future))
        except EOFError:
            if not self._connection.is_ready():  # the main thread is in the middle of Ray's start, which may take long
                self._leave(1)
            self._long.put(None)

    def _pass_on(self, number: int, future: Any) -> None:
        try:
            value = future.result()
        except Exception as error:
            self._answer(number, False, error)
        else:
            self._answer(number, True, value)

    def _answer(self, number: int, succeeded: bool, value: Any) -> None:
        if not succeeded:
            value = self._connection.without_ray(value)
        try:
            self._channel.send((number, succeeded, value))
        except OSError:
            pass  # the driver is gone: the reader ends this process
        except Exception as error:
            self._channel.send((number, False, RuntimeError(f"{type(error).__name__}: {error}")))
