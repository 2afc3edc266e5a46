"""What two sides are, and what differs in where they come from: jar, arguments, JVM, kernel, type of machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fpray.files.printable import printable
from fpray.store import columns
from fpray_analysis.result_set import Results

UNKNOWN: Final = "not known"
_NAMED: Final = 3  # suites and jars
_OF_TRIALS: Final = {columns.JVM_ARGS: "JVM arguments", columns.FLAGS: "flags"}  # of --jvm-arg and --flag
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


def source_of(name: str, results: Results) -> str:
    """What a side is: its suites, how many trials, its jar."""
    suites = [*map(printable, results.provenance)]
    more = f" and {len(suites) - _NAMED} more" if len(suites) > _NAMED else ""
    jars = [printable(jar) for jar in _texts(results, columns.JAR) if jar]
    jar = f"jar: {', '.join(jars[:_NAMED])}" if jars else "jar: not known"
    return f"{name}: {', '.join(suites[:_NAMED])}{more}, {results.trials.num_rows} trials, {jar}"


def _texts(results: Results, column: str) -> list[Any]:
    """The different values of a column, which the table of an earlier version may lack."""
    return list(results.trials[column].unique().to_pylist()) if column in results.trials.column_names else []


def _values(results: Results) -> dict[str, list[str]]:
    """Subject -> all its values in the suites of one side."""
    values: dict[str, list[str]] = {}
    for column, subject in _OF_TRIALS.items():
        texts = _texts(results, column)
        if any(texts) or (texts and None not in texts):
            values[subject] = [text or "none" for text in texts if text is not None]
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
