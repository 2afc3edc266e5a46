"""The driver's anchor: an actor on the head's machine; machines hold a connection to it, which ends with the head."""

from __future__ import annotations

from typing import Any

from fpray.cluster.nodes import NodeTable
from fpray.cluster.ray_process.actors import actor_class
from fpray.node.head_watch import Anchor

_ANSWER_S = 2.0  # it answers in a millisecond


class HeadAnchor:
    """The anchor, made when the first machine needs it."""

    def __init__(self, nodes: NodeTable) -> None:
        self._nodes = nodes
        self._actor: Any = None
        self._address: Any = None

    def address(self) -> Any:
        """A reference to its HOST:PORT; None where the head's machine is no node, so that no actor can be there."""
        if self._actor is None:
            head = self._nodes.head
            if head is None:
                return None
            self._actor = actor_class(Anchor, head, 1).remote()
            self._address = self._actor.address.remote()
        return self._address

    def has_died(self) -> bool:
        """Whether it was made, and is gone. Forgets it then, so that `address` makes another one."""
        import ray
        from ray.exceptions import GetTimeoutError, RayError

        if self._actor is None:
            return False
        try:
            ray.get(self._actor.address.remote(), timeout=_ANSWER_S)
        except GetTimeoutError:
            return False  # it is slow, not gone
        except RayError:
            self.forget()
            return True
        return False

    def forget(self) -> None:
        """Have no anchor: the Ray that it ran in is gone."""
        self._actor = self._address = None
