"""Prints every line: messages on standard error, and what the command is for on standard output.

Text from outside (the output of a JVM, a suite's files, names of files) has no effect on the terminal: it passes
`printable` here, whatever printed it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator

from fpray.files.printable import printable
from fpray.report.writer import write


class OutputError(OSError):
    """Standard output cannot be written, such as a file on a full disk; `strerror` says why."""


def say(line: str) -> None:
    """Print a message to standard error, if that can be written."""
    could_say(line)


def could_say(line: str) -> bool:
    """Print a message to standard error; returns whether it could be printed, or still may be."""
    if sys.stderr is None:  # closed by the shell, or by the user's own program
        return False
    failures = []

    def job() -> None:
        try:
            print(printable(line, lines=True), file=sys.stderr, flush=True)  # noqa: T201
        except (
            OSError,
            ValueError,
            AttributeError,
            RuntimeError,
        ) as error:  # not read, closed, no file, in use
            failures.append(error)

    write(job)
    return not failures


def after_interrupt(line: str) -> None:
    """Print a message below the `^C` that a terminal echoes."""
    drawn_over = sys.stderr is not sys.__stderr__  # a live block has taken its place
    say(f"\n{line}" if on_terminal() and not drawn_over else line)


@contextlib.contextmanager
def some_standard_error() -> Iterator[None]:
    """In the block `sys.stderr` is a file, for libraries that need one; where there is none, nothing reads it."""
    if sys.stderr is not None:
        yield
        return
    with open(os.devnull, "w") as nothing:  # noqa: PTH123
        sys.stderr = nothing
        try:
            yield
        finally:
            sys.stderr = None


def on_terminal() -> bool:
    """Whether messages are read on a terminal."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return sys.stderr is not None and sys.stderr.isatty()
    return False


def show_line(line: str) -> None:
    """Print a line of the requested output to standard output; a newline in it is shown as an escape.

    Raises:
        OutputError: it cannot be written.
    """
    show_text(f"{printable(line)}\n")


def show_text(text: str) -> None:
    """Print a part of the requested output. Raises as `show_line` does."""
    if sys.stdout is None:  # closed by the shell (>&-)
        raise OutputError(errno.EBADF, "it is closed")
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    visible = printable(text, lines=True).encode(encoding, "backslashreplace").decode(encoding)
    with output_errors():
        sys.stdout.write(visible)
        sys.stdout.flush()


@contextlib.contextmanager
def output_errors() -> Iterator[None]:
    """A block that only writes to standard output. Raises as `show_line` does."""
    try:
        yield
    except BrokenPipeError:
        raise  # what reads the output has seen enough: no error
    except OSError as error:
        with contextlib.suppress(OSError, ValueError):  # what is in the buffer would fail again when Python ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputError(error.errno, error.strerror) from None
    except ValueError:  # a program of the user's own, such as a study file, has closed it
        raise OutputError(errno.EBADF, "it is closed") from None
