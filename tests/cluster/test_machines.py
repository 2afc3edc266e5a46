"""What the machines of a driver do when the head goes away while they recover from a loss."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from fpray.cluster import head_loss
from fpray.cluster.calls import Unanswered
from fpray.cluster.machines import Machines
from fpray.errors import Cause, FprayError


class _Link:
    """A Ray process that has ended; when another is started, the head has ended, too."""

    def __init__(self, head: socket.socket, *, head_goes: bool) -> None:
        self.gcs_address = f"127.0.0.1:{head.getsockname()[1]}"
        self._head, self._head_goes = head, head_goes

    def ask(self, request: str, *_: Any) -> Any:
        raise Unanswered(f"nothing answers {request}")

    def restart(self) -> None:
        if self._head_goes:
            self._head.close()
        raise FprayError("--address x: no Ray cluster answers there", Cause.RAY_LOSS)


@pytest.mark.parametrize(
    ("head_goes", "text"), [(True, "the head node of the Ray cluster at .* is gone"), (False, "no Ray cluster answers")]
)
def test_a_head_that_goes_away_between_two_looks(head_goes: bool, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_loss, "_TRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as head:
        machines = Machines("127.0.0.1:6379")
        monkeypatch.setattr(machines, "_link", _Link(head, head_goes=head_goes))
        with pytest.raises(FprayError, match=text):
            machines.recover(["127.0.0.1"])
