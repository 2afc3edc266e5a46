"""Makes text from outside safe to print: output of a JVM, a suite's files, the holder of a lock, a file's name."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

_COLOUR = re.compile("(?:\x1b\\[|\x9b)[0-9;:]*m")  # SGR, as a terminal takes it in seven and in eight bits
_NOT_ASCII = re.compile("[^ -~]")  # of these, few are not printable
_CUT = " ..."
_LONGEST_LINE = 1 << 20  # bytes that wait for their end


def printable(text: str | bytes, *, most: int = 0, lines: bool = False) -> str:
    """Text without colours, in which every other character that a terminal obeys is a visible escape such as `\\x1b`.

    Escaped are control characters (C0, C1, DEL), what reverses or hides text (bidi overrides, zero-width characters),
    line separators, and bytes that are no UTF-8. A tab stays. What was printable comes back as it was.

    most: the most characters; a longer text ends in ` ...`; 0: any number. lines: whether a newline stays one.
    """
    if isinstance(text, bytes):
        text = text.decode(errors="backslashreplace")
    if not text.isprintable():
        text = _NOT_ASCII.sub(lambda match: _escaped(match[0], lines), _COLOUR.sub("", text))
    return text if not most or len(text) <= most else text[: max(0, most - len(_CUT))] + _CUT


def command_words(words: Sequence[str]) -> str:
    """Words as a shell takes them, with nothing left out: what is not printable is escaped, as in `$'\\x1b[31m'`."""
    line = shlex.join(words)
    return line if line.isprintable() else " ".join(map(_shell_word, words))


def _shell_word(word: str) -> str:
    if word.isprintable():
        return shlex.quote(word)
    inside = word.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + "".join(c if c.isprintable() else _escape(c) for c in inside) + "'"


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x80 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def printable_lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """The text of a file that comes in pieces, cut anywhere: whole lines, as `printable` gives them, and the rest."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        if lines:
            yield "".join(f"{printable(line)}\n" for line in lines)
        if len(rest) > _LONGEST_LINE:
            yield printable(rest)
            rest = b""
    if rest:
        yield printable(rest)


def _escaped(character: str, lines: bool) -> str:
    stays = character.isprintable() or character == "\t" or (lines and character == "\n")
    if stays or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape", "surrogatepass").decode()
