"""Waits for remote calls: results as they come, and one kind of error, `Lost`, for calls that have no answer."""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
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
    deadline = None if deadline_s is None else time.monotonic() + deadline_s
    # What a future calls back does not name its call, which names the future: such a circle would hold the answer, the
    # rows of a client say, until Python looks for circles, which is seldom (`fpray.driver.rare_collections`).
    pending = {call.future(): call for call in calls}
    with cancellation.notifies(ends) if cancellation is not None else contextlib.nullcontext():
        for future in pending:
            future.add_done_callback(ends.put)
        while pending:
            try:
                future = ends.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise Lost(*_silence(pending.values(), deadline_s, where)) from None
            if future is None:
                raise KeyboardInterrupt
            call = pending.pop(future)
            answer = _result(future, call, where)
            del future  # while the caller uses the answer, nothing here holds it
            yield call, answer
            del answer


def _silence(calls: Iterable[Any], deadline_s: float | None, where: Location | None) -> tuple[str, Iterator[str]]:
    """Why calls had no answer by the deadline, and the machines that did not give one."""
    places = [where(call) for call in calls] if where is not None else []
    which = "each of these machines" if len(set(map(_host, places))) > 1 else "that machine"
    which = which if places else "each machine of the cluster"
    text = (
        f"no answer from {', '.join(places) or 'a machine'} within {deadline_s:.0f} s: check by ping and ssh whether"
        f" {which} is down, overloaded or cut off from the network"
    )
    return text, map(_host, places)


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
