"""Bytes in Ray's object store, as the driver knows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StoredBytes:
    """Stands for bytes in the object store among the arguments of a call."""

    number: int
