"""Waits for remote calls: results as they come, and one kind of error, `Lost`, for everything that Ray may raise."""

from __future__ import annotations

import contextlib
import queue
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fpray.cluster.cancellation import Cancellation
from fpray.errors import Lost, first_line

# A call -> where it is answered, as `HOST` or `ROLE on HOST`.
Where = Callable[[Any], str]


def gather(
    calls: Sequence[Any],
    deadline_s: float | None,
    where: Where | None = None,
    cancellation: Cancellation | None = None,
) -> Iterator[tuple[Any, Any]]:
    """The results of remote calls as they come: (call, value). deadline_s: for all of them together.

    Raises:
        Lost: an actor or its machine went away, or a call had no answer by the deadline.
        KeyboardInterrupt: it was cancelled.
    """
    # Ray calls back when a call has ended. So this thread waits for one queue, which a cancellation can write to, too.
    ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
    pending = {}
    deadline = None if deadline_s is None else time.monotonic() + deadline_s
    with cancellation.notifies(ended) if cancellation is not None else contextlib.nullcontext():
        for call in calls:
            pending[call] = call.future()
            pending[call].add_done_callback(lambda _, call=call: ended.put(call))
        while pending:
            try:
                call = ended.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                places = [where(call) for call in pending] if where is not None else []
                text = f"no answer from {', '.join(places) or 'an actor'} within {deadline_s:.0f} s"
                raise Lost(text, map(_host, places)) from None
            if call is None:
                raise KeyboardInterrupt
            yield call, _result(pending.pop(call), call, where)


def _result(future: Any, call: Any, where: Where | None) -> Any:
    """The value of a call that has ended."""
    try:
        return future.result()
    except Exception as error:
        if "ray" not in sys.modules:  # a fake agent raised it
            raise
        raise _cause(error, call, where) from None


def _cause(error: Exception, call: Any, where: Where | None) -> Exception:
    """What a call raised, without what Ray adds; `Lost` if there was no answer."""
    from ray.exceptions import RayError, RayTaskError

    if isinstance(error, RayTaskError):
        cause = error.cause if isinstance(error.cause, Exception) else error
        if isinstance(cause, Lost) and not cause.hosts and where is not None:  # an actor does not know its address
            host = _host(where(call))
            return Lost(f"machine {host}: {cause}", [host])
        return cause
    if isinstance(error, RayError):
        places = [where(call)] if where is not None else []
        text = f"fpray's own process for {', '.join(places) or 'a machine'} is gone: {first_line(error)}"
        return Lost(text, map(_host, places))
    return error


def _host(place: str) -> str:
    """10.0.0.9, of `client on 10.0.0.9` and of `10.0.0.9`."""
    return place.rsplit(maxsplit=1)[-1]
