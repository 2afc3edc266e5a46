"""Hypothesis strategies: a valid value with parts of it changed, and its bytes, which may be changed as well."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

DIGITS = "@digits@"  # stands for a number that Python does not write: of 5,000 digits
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 5, 1.5, -0.5, 2**31, 2**63, 10**400, 1e308, float("nan"), float("inf"), "", "x", "5",
    "\0", "a\nb", "\x1b[31m", "\ud800", "é", "../../x", "/", "~nouser", "-x", "a" * 1000, "9" * 5000, DIGITS, [], {},
    [1], ["x"], [None], {"a": 1}, {"": []}, [[]], {"name": []}, [["x"], 1], "1e999", "NaN", "f", "*", "null",
)  # fmt: skip
Path = tuple[Any, ...]


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield from _paths(entry, (*path, key))


def _changed(value: Any, path: Path, change: Callable[[Any, Any], None], replace: Any) -> Any:
    """The value after a change of the container that holds what is at a path; the whole is replaced."""
    if not path:
        return replace
    whole = copy.deepcopy(value)
    holder = whole
    for key in path[:-1]:
        holder = holder[key]
    change(holder, path[-1])
    return whole


def _nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@st.composite
def mutated(draw: st.DrawFn, valid: Any) -> Any:
    """A valid value with one to three parts replaced, removed, renamed, repeated, or nested; sometimes as it is."""
    value = valid
    for _ in range(draw(st.sampled_from([1, 1, 1, 2, 3, 0]))):
        path = draw(st.sampled_from(sorted(_paths(value), key=repr)))
        odd = draw(st.sampled_from(ODD))
        kind = draw(st.sampled_from(["replace", "replace", "replace", "remove", "rename", "add", "nest", "many"]))
        value = _changed(value, path, _change(kind, odd), odd)
    return value


def _change(kind: str, odd: Any) -> Callable[[Any, Any], None]:
    def change(holder: Any, key: Any) -> None:
        if kind == "remove":
            del holder[key]
        elif kind == "rename" and isinstance(holder, dict):
            holder[f"{key}_x"] = holder.pop(key)
        elif kind == "add" and isinstance(holder, dict):
            holder["added"] = odd
        elif kind == "nest":
            holder[key] = _nested(60)
        elif kind == "many":
            holder[key] = [holder[key]] * 50
        else:
            holder[key] = odd

    return change


def _as_json(value: Any) -> str:
    return json.dumps(value).replace(json.dumps(DIGITS), "1" * 5000)


ENCODINGS: tuple[Callable[[str], bytes], ...] = (
    lambda text: text.encode(errors="surrogatepass"),
    lambda text: b"\xef\xbb\xbf" + text.encode(errors="surrogatepass"),
    lambda text: text.encode("utf-16", errors="surrogatepass"),
    lambda text: text[: len(text) // 2].encode(errors="surrogatepass"),
    lambda text: text.encode(errors="surrogatepass") + b"\xff",
    lambda text: text.replace("{", '{"twice": 1, "twice": 2, ', 1).encode(errors="surrogatepass"),
    lambda _text: b"",
    lambda _text: b"\0" * 100,
    lambda _text: b"[" * 3000 + b"]" * 3000,
)


def json_bytes(valid: Any) -> st.SearchStrategy[bytes]:
    """The bytes of a mutated value as JSON: nine in ten as they are, else in another encoding, or cut."""
    usual = st.just(ENCODINGS[0])
    encoding = st.integers(0, 9).flatmap(lambda die: st.sampled_from(ENCODINGS[1:]) if die == 0 else usual)
    return st.builds(lambda value, encode: encode(_as_json(value)), mutated(valid), encoding)
