"""`--notify COMMAND|URL`: reports that a sweep has ended, stalls, or mostly fails, to a command or a URL."""

from __future__ import annotations

import contextlib
import http.client
import json
import math
import os
import queue
import shlex
import subprocess
import threading
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

from fpray.driver.notify_targets import is_url
from fpray.errors import first_line
from fpray.files.printable import printable
from fpray.files.secret import Secret

# A sweep stalls when no trial has ended for three times the planned time of the longest one that runs, and a minute.
STALLED_TIMES, STALLED_SPARE_S = 3.0, 60.0
_PATIENCE_S = 30.0  # with one target
_LONGEST = 300  # characters of a target's own words


class _Wait(NamedTuple):
    """How many seconds may pass until a trial ends, and what a notice holds where none does."""

    allowed_s: float
    more: Mapping[str, Any]


class Notifier:
    """Sends notices to commands and URLs, in a thread of its own, which sleeps until there is something to send.

    targets: commands, which get a JSON object on standard input and its entries as FPRAY_*, and URLs, to which it is
    posted; facts: what the object of every event holds; say: is called with each target that failed.
    """

    def __init__(
        self, targets: Sequence[Secret], facts: Callable[[], Mapping[str, Any]], say: Callable[[str], None]
    ) -> None:
        self._targets, self._facts, self._say = targets, facts, say
        self._due: queue.SimpleQueue[tuple[str, str, Mapping[str, Any]] | _Wait | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="notices", daemon=True)

    def __enter__(self) -> Notifier:
        if self._targets:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until all notices are sent."""
        if self._targets:
            self._due.put(None)
            self._thread.join()

    def tell(self, event: str, sentence: str, **more: Any) -> None:
        """Something has happened: finished, failed, mostly-failed; more: what the object holds beside it."""
        if self._targets:
            self._due.put((event, sentence, more))

    def expect(self, planned_s: float, **more: Any) -> None:
        """A trial has ended or begun, and the longest under way is planned to take so long: else it stalls.

        more: what the object holds then.
        """
        if self._targets:
            self._due.put(_Wait(STALLED_TIMES * planned_s + STALLED_SPARE_S, more))

    def stop_waiting(self) -> None:
        """No trial runs any more, so none is waited for."""
        if self._targets:
            self._due.put(_Wait(math.inf, {}))

    def _work(self) -> None:
        wait, until = _Wait(math.inf, {}), math.inf
        while True:
            try:
                due = self._due.get(timeout=max(0.0, until - time.monotonic()) if math.isfinite(until) else None)
            except queue.Empty:
                self._tell_all(
                    "stalled",
                    f"no trial of this sweep has ended for {wait.allowed_s:.0f} s, which is much longer than planned:"
                    f" see what it does with fpray attach {self._facts().get('suite', '')}",
                    wait.more,
                )
                until = math.inf  # once; until something moves again
                continue
            if due is None:
                return
            if isinstance(due, _Wait):
                wait, until = due, time.monotonic() + due.allowed_s
            else:
                self._tell_all(*due)

    def _tell_all(self, event: str, sentence: str, more: Mapping[str, Any]) -> None:
        notice = {"event": event, "sentence": sentence, **self._facts(), **more}
        for target in self._targets:
            if failure := _in_time(_post if is_url(target.value) else _run, target.value, notice):
                failure = printable(target.scrub(failure), most=_LONGEST)
                self._say(
                    f"note: --notify {target} did not get the message {event!r} of the sweep: {failure}."
                    " Check that URL or command; the sweep and its results are not affected"
                )


def _in_time(
    tell: Callable[[str, Mapping[str, Any]], str | None], target: str, notice: Mapping[str, Any]
) -> str | None:
    """Why a target was not told. One that answers byte by byte for ever does not hold up the end of the sweep."""
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put(tell(target, notice))
        except Exception as error:  # the other targets get their notices, and so do later events
            answers.put(first_line(error))

    threading.Thread(target=work, name="notice", daemon=True).start()
    try:
        return answers.get(timeout=2 * _PATIENCE_S)
    except queue.Empty:
        return f"no complete answer came within {2 * _PATIENCE_S:.0f} s"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """An answer that names another address is a failure: there it would be asked for a page, without the message."""

    def redirect_request(self, *_: Any) -> None:
        """No other request."""


_web = urllib.request.build_opener(_NoRedirects)


def _post(url: str, notice: Mapping[str, Any]) -> str | None:
    headers = {"Content-Type": "application/json", "User-Agent": "fpray"}
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    if at:  # urllib would take it for a part of the host's name, and quote it in an error
        headers["Authorization"] = f"Basic {b64encode(unquote_to_bytes(login)).decode()}"
    request = urllib.request.Request(parts._replace(netloc=host).geturl(), json.dumps(notice).encode(), headers)
    try:
        with _web.open(request, timeout=_PATIENCE_S):
            return None
    except urllib.error.HTTPError as error:
        with contextlib.closing(error):
            return f"it answered {error.code} {error.reason}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        return str(getattr(error, "reason", error) or type(error).__name__)


def _run(command: str, notice: Mapping[str, Any]) -> str | None:
    entries = {f"FPRAY_{name.upper()}": "" if value is None else str(value) for name, value in notice.items()}
    try:
        result = subprocess.run(
            shlex.split(command), input=json.dumps(notice), capture_output=True, text=True, errors="replace",
            check=False, timeout=_PATIENCE_S, env={**os.environ, **entries}, start_new_session=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"this command of --notify did not end within {_PATIENCE_S:.0f} s, so fpray stopped the command"
    except OSError as error:
        return error.strerror or str(error)
    last_line = (result.stderr.strip() or result.stdout.strip()).splitlines()[-1:]
    why = f"the command ended with exit code {result.returncode}" + (f": {last_line[0]}" if last_line else "")
    return why if result.returncode else None
