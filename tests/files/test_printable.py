"""What comes from outside does nothing to a terminal, and what was printable stays as it was."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fpray.files.printable import printable

# What a terminal obeys, or what changes the order or the look of what stands beside it.
_OBEYED = {"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"}


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("[INFO] leader 0: ready\t5 ms", "[INFO] leader 0: ready\t5 ms"),
        ("Zürich 測試 1\u202f234 a\u00a0b", "Zürich 測試 1\u202f234 a\u00a0b"),
        ("\x1b[33m[WARN]\x1b[0m slow \x1b[38;5;196;1mred\x1b[m", "[WARN] slow red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x1b[2J\x1b[H", "\\x1b[2J\\x1b[H"),
        ("\x1b]52;c;ZXZpbA==\x1b\\", "\\x1b]52;c;ZXZpbA==\\x1b\\"),
        ("50%\r100%", "50%\\r100%"),
        ("a\x00b\x7fc\x85d", "a\\x00b\\x7fc\\x85d"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("pay\u200bpal \ufeff", "pay\\u200bpal \\ufeff"),
        ("one\ntwo\u2028three", "one\\ntwo\\u2028three"),
        (b"caf\xe9 \xc3\xa9 \x1b[1mbold", "caf\\xe9 é bold"),
        ("not \udce9 UTF-8", "not \\udce9 UTF-8"),
        ("\U000e0041", "\\U000e0041"),
        ("", ""),
    ],
)
def test_colours_go_and_other_controls_are_seen(text: str | bytes, visible: str) -> None:
    """G4: title, clipboard, clear screen and the like are shown as text; colours are dropped."""
    assert printable(text) == visible


def test_lines_stay_lines_where_that_is_asked_for() -> None:
    assert printable("one\n\ttwo\r\n\x1b[2J", lines=True) == "one\n\ttwo\\r\n\\x1b[2J"


@pytest.mark.parametrize(("most", "visible"), [(0, "x" * 50), (50, "x" * 50), (20, "x" * 16 + " ..."), (2, " ...")])
def test_long_text_is_cut(most: int, visible: str) -> None:
    assert printable("x" * 50, most=most) == visible


@pytest.mark.heavy
@given(st.one_of(st.text(st.characters()), st.binary()), st.booleans())
@settings(max_examples=1000, deadline=None, derandomize=True)
def test_nothing_that_a_terminal_obeys_is_left(text: str | bytes, lines: bool) -> None:
    """G4: whatever comes in."""
    visible = printable(text, lines=lines)
    allowed = "\t\n" if lines else "\t"
    assert [c for c in visible if unicodedata.category(c) in _OBEYED and c not in allowed] == []
    assert printable(visible, lines=lines) == visible
    assert visible.encode() is not None


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_what_is_printable_is_left_alone(text: str) -> None:
    assert printable(text) == text
