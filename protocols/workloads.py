"""What clients ask of the system: FrankenPaxos's workload records and the messages that the jar reads.

`WriteOnlyBernoulliSingleKeyWorkload` is written under its own name. The original writes it under the name of the
uniform one, and crashes on all three `WriteOnly*` records.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar, Protocol


@dataclass(frozen=True)
class StringWorkload:
    """Strings of zero bytes of normally distributed length, for Noop, AppendLog and Register."""

    message: ClassVar[str] = "string_workload"
    of_keys: ClassVar[bool] = False  # not for KeyValueStore
    size_mean: int = 1
    size_std: int = 0
    name: str = "StringWorkload"


@dataclass(frozen=True)
class UniformSingleKeyWorkload:
    """KeyValueStore: half gets, half sets, on a uniformly chosen key."""

    message: ClassVar[str] = "uniform_single_key_workload"
    num_keys: int = 1
    size_mean: int = 1
    size_std: int = 0
    name: str = "UniformSingleKeyWorkload"


@dataclass(frozen=True)
class BernoulliSingleKeyWorkload:
    """KeyValueStore: a set of the key x with probability `conflict_rate`, otherwise a get of the key y."""

    message: ClassVar[str] = "bernoulli_single_key_workload"
    conflict_rate: float = 0.0
    size_mean: int = 1
    size_std: int = 0
    name: str = "BernoulliSingleKeyWorkload"


Workload = StringWorkload | UniformSingleKeyWorkload | BernoulliSingleKeyWorkload


@dataclass(frozen=True)
class UniformReadWriteWorkload:
    """Reads and writes of one uniformly chosen key."""

    message: ClassVar[str] = "uniform_read_write_workload"
    num_keys: int = 1
    read_fraction: float = 0.5
    write_size_mean: int = 1
    write_size_std: int = 0
    name: str = "UniformReadWriteWorkload"


@dataclass(frozen=True)
class UniformMultiKeyReadWriteWorkload:
    """Reads and writes of several uniformly chosen keys at once."""

    message: ClassVar[str] = "uniform_multi_key_read_write_workload"
    num_keys: int = 1
    num_operations: int = 1
    read_fraction: float = 0.5
    write_size_mean: int = 1
    write_size_std: int = 0
    name: str = "UniformMultiKeyReadWriteWorkload"


@dataclass(frozen=True)
class PointSkewedReadWriteWorkload:
    """One hot key takes `point_fraction` of the operations, the other keys share the rest."""

    message: ClassVar[str] = "point_skewed_read_write_workload"
    num_keys: int = 2
    read_fraction: float = 0.5
    point_fraction: float = 0.5
    write_size_mean: int = 1
    write_size_std: int = 0
    name: str = "PointSkewedReadWriteWorkload"


@dataclass(frozen=True)
class WriteOnlyStringWorkload:
    """`StringWorkload`, every operation sent as a write."""

    message: ClassVar[str] = "write_only_string_workload"
    of_keys: ClassVar[bool] = False  # not for KeyValueStore
    workload: StringWorkload = StringWorkload()
    name: str = "WriteOnlyStringWorkload"


@dataclass(frozen=True)
class WriteOnlyUniformSingleKeyWorkload:
    """`UniformSingleKeyWorkload`, every operation sent as a write."""

    message: ClassVar[str] = "write_only_uniform_single_key_workload"
    workload: UniformSingleKeyWorkload = UniformSingleKeyWorkload()
    name: str = "WriteOnlyUniformSingleKeyWorkload"


@dataclass(frozen=True)
class WriteOnlyBernoulliSingleKeyWorkload:
    """`BernoulliSingleKeyWorkload`, every operation sent as a write."""

    message: ClassVar[str] = "write_only_bernoulli_single_key_workload"
    workload: BernoulliSingleKeyWorkload = BernoulliSingleKeyWorkload()
    name: str = "WriteOnlyBernoulliSingleKeyWorkload"


ReadWriteWorkload = (
    UniformReadWriteWorkload
    | UniformMultiKeyReadWriteWorkload
    | PointSkewedReadWriteWorkload
    | WriteOnlyStringWorkload
    | WriteOnlyUniformSingleKeyWorkload
    | WriteOnlyBernoulliSingleKeyWorkload
)


class Kind(Protocol):
    """One kind of workload."""

    message: ClassVar[str]


def workload_message(workload: Kind) -> dict[str, Any]:
    """The text-proto message of a workload file, or of a driver's: one field, named after the kind of workload."""
    return {workload.message: _fields(workload)}


def _fields(workload: Any) -> dict[str, Any]:
    values = {f.name: getattr(workload, f.name) for f in fields(workload) if f.name != "name"}
    return {name: _fields(value) if is_dataclass(value) else value for name, value in values.items()}
