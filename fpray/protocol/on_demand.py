"""Values by name, each made when it is looked up: a command imports the one protocol and study that it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeVar

T = TypeVar("T")


class OnDemand(Mapping[str, T]):
    """A mapping that makes a value when it is looked up for the first time.

    A dictionary would hold every protocol and study, and to import them all takes longer than to plan one.
    """

    def __init__(self, makers: Mapping[str, Callable[[], T]]) -> None:
        self._makers = dict(makers)
        self._values: dict[str, T] = {}

    @staticmethod
    def merged(*mappings: Mapping[str, T]) -> OnDemand[T]:
        """The values of several mappings, in their order. A later mapping has precedence; nothing is looked up yet."""
        return OnDemand({name: partial(mapping.__getitem__, name) for mapping in mappings for name in mapping})

    def __getitem__(self, name: str) -> T:
        if name not in self._values:
            self._values[name] = self._makers[name]()
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
