"""Waits for remote calls: results as they come, and one kind of error, `Lost`, for calls that have no answer."""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fpray.cluster.cancellation import Cancellation
from fpray.errors import Lost


class Unanswered(Exception):
    """A call has no answer: its actor, its machine, or the process that is connected to Ray is gone."""


# A call -> where it is answered, as `HOST` or `ROLE on HOST`.
Location = Callable[[Any], str]


def gather(
    calls: Sequence[Any],
    deadline_s: float | None,
    where: Location | None = None,
    cancellation: Cancellation | None = None,
) -> Iterator[tuple[Any, Any]]:
    """The results of remote calls as they come: (call, value). deadline_s: for all of them together.

    Raises:
        Lost: an actor or its machine went away, or a call had no answer by the deadline.
        KeyboardInterrupt: it was cancelled.
    """
    # Ray calls back when a call has ended. So this thread waits for one queue, which a cancellation can write to, too.
    ends: queue.SimpleQueue[Any] = queue.SimpleQueue()
    pending = {}
    deadline = None if deadline_s is None else time.monotonic() + deadline_s
    with cancellation.notifies(ends) if cancellation is not None else contextlib.nullcontext():
        for call in calls:
            pending[call] = call.future()
            pending[call].add_done_callback(lambda _, call=call: ends.put(call))
        while pending:
            try:
                call = ends.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                places = [where(call) for call in pending] if where is not None else []
                which = "each of these machines" if len(set(map(_host, places))) > 1 else "that machine"
                which = which if places else "each machine of the cluster"
                text = (
                    f"no answer from {', '.join(places) or 'a machine'} within {deadline_s:.0f} s: check by"
                    f" ping and ssh whether {which} is down, overloaded or cut off from the network"
                )
                raise Lost(text, map(_host, places)) from None
            if call is None:
                raise KeyboardInterrupt
            yield call, _result(pending.pop(call), call, where)


def _result(future: Any, call: Any, where: Location | None) -> Any:
    """The value of a call that has ended."""
    try:
        return future.result()
    except Unanswered as error:
        places = [where(call)] if where is not None else []
        of = ", ".join(places) or "a machine"
        machine = f"machine {_host(of)}" if places else "each machine"
        text = (
            f"fpray's own process for {of} (a Ray actor) does not answer: {error}. On a cluster, ray status shows"
            f" whether {machine} is still part of it; if not, start Ray there again"
        )
        raise Lost(text, map(_host, places)) from None
    except Lost as lost:
        if lost.hosts or where is None:
            raise
        host = _host(where(call))  # an actor does not know its address
        raise Lost(f"machine {host}: {lost}", [host]) from None


def _host(place: str) -> str:
    """10.0.0.9, of `client on 10.0.0.9` and of `10.0.0.9`."""
    return place.rsplit(maxsplit=1)[-1]
