"""The driver's link to Ray: a Ray process that is attached or runs an embedded Ray, replaced where it has ended."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from fpray.cluster.calls import Unanswered
from fpray.cluster.head_loss import head_answers
from fpray.cluster.ray_address import address_problem, answers, name_of, why_silent
from fpray.cluster.ray_process import ray_orphans
from fpray.cluster.ray_process.crash import ray_process_here
from fpray.cluster.ray_process.embedded import embedded_environment
from fpray.cluster.ray_process.process import RayProcess
from fpray.cluster.ray_process.start import RayStarted, Start
from fpray.errors import Cause, FprayError, Refused, refuse
from fpray.files.disk import remedy
from fpray.files.user_directory import user_directory

# Ray starts in seconds. On a machine that computes much else it may take minutes, while its processes get on.
_START_S = 600.0
_ANSWER_S = 60.0
_LOOK_S = 2.0  # between two looks at the head, while Ray connects
_TRIES = 2  # under load Ray aborts once in a while
_MOST_QUOTED = 600  # characters of what Ray says
_used_by: list[int] = []  # the process that has run a sweep: one that was forked from it has its locks, not its threads


class RayLink:
    """One link at a time, from `start` to `stop`.

    Attributes:
        process: the Ray process; another one after `restart`.
        gcs_address: HOST:PORT of the cluster's head.
        host: the address of this machine, as Ray knows it.
    """

    def __init__(self, address: str | None) -> None:
        """address: of the cluster; None: an embedded Ray."""
        self._address = address
        self._token = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.process = RayProcess()
        self.gcs_address = self.host = ""
        self._directory: ray_orphans.Directory | None = None

    def start(self) -> None:
        """Attach, or start an embedded Ray.

        Raises:
            Refused: no Ray cluster answers, or it is none that fpray can attach to; or Ray does not start here.
        """
        if _used_by and _used_by[0] != os.getpid():
            raise refuse(
                "this process",
                "was forked from a process that has run a sweep, so it cannot run one itself:"
                ' start it by multiprocessing.get_context("spawn"), or run the sweep in the first process',
                Cause.PYTHON,
            )
        _used_by[:] = [os.getpid()]
        try:
            if self._address is None:
                self._start_embedded()
            else:
                self._attach(self._address)
        except BaseException:
            self.stop()
            raise

    def restart(self) -> None:
        """Replace a Ray process that has ended.

        Raises:
            FprayError: it does not start again.
        """
        self.stop()
        try:
            self.start()
        except Refused as refused:
            raise FprayError(refused.in_one_line(), Cause.RAY_LOSS) from None

    def _attach(self, address: str) -> None:
        # Of what is no address, and where nothing listens, Ray itself would try for minutes before it fails.
        if wrong := address_problem(address):
            raise self._refused(wrong)
        if address != "auto" and not answers(address):
            raise self._refused(f"no Ray cluster answers there: {why_silent(address)}")
        try:
            self._connect({"RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}, Path())
        except Refused:
            raise
        except Exception as error:
            raise self._refused(
                f"cannot be used: {_words_of(error)}. If that names two versions, install the same Ray and the same"
                " Python on this machine and on the cluster. If no cluster runs at this address, start one (ray start"
                " --head), or correct the address"
            ) from None

    def _refused(self, sentence: str) -> Refused:
        return refuse(name_of(self._address or ""), sentence, Cause.RAY_CLUSTER)

    def _start_embedded(self) -> None:
        for attempt in range(1, _TRIES + 1):
            try:
                self._directory = ray_orphans.new_directory(user_directory())
                self._connect(embedded_environment(), self._directory.path)
                return
            except Refused:
                raise
            except Exception as error:
                self.stop()
                if isinstance(error, OSError) and error.strerror:  # not a ConnectionError of Ray, which has only a text
                    why = f"{error.filename or 'its directory'}: {error.strerror}. {remedy(error)}"
                elif attempt == _TRIES:
                    why = (
                        f"{_words_of(error)}. If no other cause is named here, free memory, or space in /tmp and"
                        " /dev/shm"
                    )
                else:
                    continue
                sentence = f"does not start on this machine: {why}. Then run the same fpray command again"
                raise refuse("Ray", sentence, Cause.EMBEDDED_RAY) from None

    def _connect(self, environment: dict[str, str], directory: Path) -> None:
        self.process = RayProcess()
        self.process.spawn(environment)
        if self._directory is not None:
            self._directory.note(self.process.pid)
        address = None if self._address is None else str(self._address)
        answer: Future[RayStarted] = self.process.ask("start", Start(address, directory, self._token))
        ray = self._started(answer)
        self.gcs_address, self.host = ray.gcs_address, ray.host
        self.process.end_with(ray.vital)

    def _started(self, answer: Future[RayStarted]) -> RayStarted:
        """The answer, when it comes. Ray itself tries for minutes to connect to what has gone away meanwhile.

        While it tries to connect to a raylet, no other thread of the Ray process runs, so that does not notice it.

        Raises:
            Refused: the head has gone away.
            Unanswered: Ray takes too long, or a part of an embedded Ray has ended.
        """
        deadline, is_lost = time.monotonic() + _START_S, False
        while True:
            try:
                return answer.result(_LOOK_S)
            except TimeoutError:
                if time.monotonic() > deadline:
                    raise Unanswered(self._late()) from None
                was_lost, is_lost = is_lost, self._address is None and ray_orphans.has_lost_a_child(self.process.pid)
                if was_lost and is_lost:
                    self.process.kill()
                    raise Unanswered("a process of Ray ended while Ray started") from None
                if self._address not in (None, "auto") and not head_answers(str(self._address)):
                    raise self._refused(
                        "the head node of this Ray cluster went away while fpray connected to it. Start the cluster"
                        " again (ray start --head), and run the same fpray command again"
                    ) from None

    def _late(self) -> str:
        if self._address is None:
            return (
                f"Ray was not ready after {_START_S:.0f} s, probably because this machine is overloaded: stop other"
                " programs on it (top shows them)"
            )
        return (
            f"the Ray cluster accepted no connection within {_START_S:.0f} s. Run ray status on its head node to see"
            " whether Ray still runs there, and check that no firewall is between that machine and this one"
        )

    def ask(self, request: str, *arguments: Any) -> Any:
        """The answer to a request.

        Raises:
            Unanswered: the Ray process is gone, or takes a minute.
        """
        try:
            return self.process.ask(request, *arguments).result(_ANSWER_S)
        except TimeoutError:
            why = f"{ray_process_here()} did not answer within {_ANSWER_S:.0f} s"
            busy = "probably because that machine is overloaded: stop other programs on it (top shows them)"
            remedy = "While trials run, fpray tries again by itself; otherwise run the command again"
            raise Unanswered(f"{why}, {busy}. {remedy}") from None

    def stop(self) -> None:
        """Disconnect, which ends our actors; end an embedded Ray. Never raises."""
        self.process.end()
        if self._directory is not None:
            directory, self._directory = self._directory, None
            with contextlib.suppress(OSError):
                directory.remove()


def _words_of(error: Exception) -> str:
    """Why Ray could not be used, as a clause. The versions that differ stand below the first line of Ray's text."""
    if isinstance(error, Unanswered):  # fpray's own words
        return str(error)
    text = " ".join(str(error).split()) or type(error).__name__
    return f'Ray says: "{text[:_MOST_QUOTED].rstrip(".")}"'
