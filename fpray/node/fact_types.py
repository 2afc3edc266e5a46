"""The types of the facts about a machine: apart, because whatever reads a suite needs them, and nothing else."""

from __future__ import annotations

from typing import TypedDict


class JavaFacts(TypedDict, total=False):
    """What `java` is on a machine."""

    java: str | None  # its path on this machine; None: there is none
    jvm: str | None  # what `-version` says
    java_in_path: str  # where JAVA_HOME's is used and PATH has another


class MachineFacts(JavaFacts, total=False):
    """What a suite records about a machine; earlier versions of fpray recorded less."""

    hostname: str
    kernel: str
    cpu: str
    cores: int
    memory_bytes: int
    governor: str | None
    transparent_hugepage: str | None
    load_average: float
    worker_niceness: int  # which a child inherits
    sees_head: bool  # whether the role actor's supervisor would notice the end of the cluster's head
    left_behind: list[str]  # processes that an ended driver had left, and that were ended
