"""What differs in where two sides come from: jar, Java, JVM, kernel, type of machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fpray.files.printable import printable
from fpray_analysis.result_set import Results

UNKNOWN: Final = "not known"
_LONGEST: Final = 120
_OF_MACHINES: Final = {  # subject -> the facts of a machine that make it
    "kernel": ("kernel",),
    "JVM": ("jvm",),
    "machine type": ("cpu", "cores", "memory_bytes"),
    "CPU governor": ("governor",),
    "huge pages": ("transparent_hugepage",),
}


def different_provenance(a: Results, b: Results) -> dict[str, tuple[str, str]]:
    """Subject -> its values in A and in B, of what is not the same; `not known` where a side does not say it."""
    values = [_values(results) for results in (a, b)]
    subjects = dict.fromkeys(name for own in values for name in own)
    texts = {name: tuple(_text(own.get(name, [])) for own in values) for name in subjects}
    return {name: (own, other) for name, (own, other) in texts.items() if own != other}


def _values(results: Results) -> dict[str, list[str]]:
    """Subject -> all its values in the suites of one side."""
    values: dict[str, list[str]] = {}
    for provenance in results.provenance.values():
        for subject, text in _facts(provenance):
            values.setdefault(subject, []).append(text)
    return values


def _facts(provenance: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What one suite says; a suite is a text from outside, so no entry need be there."""
    jar = provenance.get("jar")
    if isinstance(jar, Mapping) and (jar.get("name") or jar.get("sha256")):
        yield "jar", f"{jar.get('name', '')} (sha {str(jar.get('sha256', UNKNOWN))[:8]})"
    packages = provenance.get("packages")
    if isinstance(packages, Mapping) and "fpray" in packages:
        yield "fpray", str(packages["fpray"])
    machines = provenance.get("machines")
    for facts in machines.values() if isinstance(machines, Mapping) else ():
        for subject, names in _OF_MACHINES.items():
            parts = [_part(name, facts[name]) for name in names if facts.get(name) is not None]
            if parts:
                yield subject, ", ".join(parts)


def _part(name: str, value: Any) -> str:
    if name == "memory_bytes" and isinstance(value, int | float):
        return f"{value / 2**30:.0f} GiB"
    if name == "cores":
        return f"{value} cores"
    return str(value).split(";", maxsplit=1)[0]


def _text(values: Sequence[str]) -> str:
    return printable("; ".join(sorted(set(values))) or UNKNOWN, most=_LONGEST)
