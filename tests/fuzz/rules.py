"""A plain model of the rules: what must be refused, written without the readers that it judges.

Each function says True only where no reader may take the input; it may say False of input that is refused all the same.
"""

from __future__ import annotations

import json
from typing import Any

STATUSES = (
    "finished", "crashed", "not-ready", "overran", "unserved", "refused", "stopped-early", "interrupted", "lost",
)  # fmt: skip
REASONS = ("none", "system under test", "infrastructure", "parameter", "user")


def no_json(data: bytes) -> bool:
    """Not UTF-8, or not JSON, or too deep, or with too many digits."""
    try:
        json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return True
    return False


def _value(data: bytes) -> Any:
    return json.loads(data.decode("utf-8-sig"))


def _is(value: object, *kinds: type) -> bool:
    return type(value) in kinds


def cluster(data: bytes) -> bool:
    """A cluster file: pools by f, or pools."""
    if no_json(data) or not _is(content := _value(data), dict) or b'"twice"' in data:
        return True
    pools = content if all(_is(value, list) for value in content.values()) else content.get("1", {})
    if not _is(pools, dict):
        return True
    for addresses in pools.values():
        if not _is(addresses, list) or any(not _is(a, str) or not a or "\0" in a or "\n" in a for a in addresses):
            return True
    return not pools.get("server") or not pools.get("clients")


def outcome(data: bytes) -> bool:
    """An outcome."""
    if no_json(data) or not _is(content := _value(data), dict):
        return True
    if content.get("status") not in STATUSES or content.get("reason", "none") not in REASONS:
        return True
    texts = [entry for name in ("lines", "notes", "doubts", "hosts", "blamed") for entry in _listed(content, name)]
    return (
        any(not _is(text, str) for text in texts)
        or any(not _is(content.get(name, ""), str) for name in ("detail", "label", "log"))
        or not _is(content.get("results", {}), dict)
        or any(_is(value, list, dict) for value in content.get("results", {}).values())
        or any(not _is(end, dict) or not _is(end.get("label"), str) for end in _listed(content, "processes"))
        or not _is(content.get("wall_s", 0), int, float)
    )


def _listed(content: Any, name: str) -> list[Any]:
    value = content.get(name, [])
    return value if _is(value, list) else [None]


def trial(data: bytes) -> bool:
    """Which trial a directory is of."""
    if no_json(data) or not _is(content := _value(data), dict):
        return True
    return not (
        all(_is(content.get(name), str) for name in ("id", "protocol"))
        and _is(content.get("params"), dict)
        and _is(content.get("repeat"), int)
        and content["repeat"] >= 0
        and content.get("schema") == 1
    )


def suite(data: bytes) -> bool:
    """A suite."""
    if no_json(data) or not _is(content := _value(data), dict):
        return True
    points = content.get("points")
    return not (
        _is(content.get("protocol"), str)
        and _is(points, list)
        and all(_is(point, dict) for point in points)
        and _is(content.get("jar"), dict)
        and _is(content.get("runs") or [], list)
        and (content.get("schema") is None or _is(content["schema"], int))
        and (content.get("schema") or 0) <= 1
    )


def plan(data: bytes) -> bool:
    """The processes of a plan."""
    if no_json(data) or not _is(content := _value(data), dict) or not _is(content.get("processes"), list):
        return True
    return any(
        not _is(process, dict)
        or not all(_is(process.get(name), str) for name in ("label", "host", "kind"))
        or "/" in process["label"]
        or not _is(process.get("port"), int)
        for process in content["processes"]
    )


def progress(data: bytes) -> bool:
    """How a sweep stands."""
    if no_json(data) or not _is(content := _value(data), dict):
        return True
    return not (
        all(_is(content.get(name), int) for name in ("done", "total", "failed"))
        and _is(content.get("standing"), str)
        and _is(content.get("before"), dict)
        and _is(content.get("under_way"), list)
    )


def answer(data: bytes) -> bool:
    """The answer of a search."""
    if no_json(data) or not _is(content := _value(data), dict):
        return True
    return any(not _is(sentence, str) for sentence in _listed(content, "sentences"))


def points(data: bytes) -> bool:
    """The points of a search."""
    if no_json(data) or not _is(content := _value(data), dict):
        return True
    return any(
        not _is(point, dict) or not _is(point.get("params"), dict) or not _is(point.get("distributions"), dict)
        for point in content.values()
    )


def launcher(content: Any) -> bool:
    """A launcher configuration, as a value."""
    if not _is(content, dict) or not _is(provider := content.get("provider"), dict):
        return True
    if not _is(provider.get("type"), str):
        return True
    if provider["type"] == "local":
        workers = provider.get("worker_ips")
        return not _is(provider.get("head_ip"), str) or not (
            workers is None or (_is(workers, list) and all(_is(w, str) for w in workers))
        )
    types = content.get("available_node_types")
    if types is None:
        return False
    return not _is(types, dict) or not all(map(_is_type, types.values()))


def _is_type(kind: Any) -> bool:
    if not _is(kind, dict) or not (kind.get("labels") is None or _is(kind["labels"], dict)):
        return False
    workers = kind.get("min_workers")
    return workers is None or (_is(workers, int) and workers in range(10_001))
