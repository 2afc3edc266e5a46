"""What an instrument raises becomes a note of the outcome, never the end of the trial."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from fpray.errors import first_line
from fpray.trial.instruments import Instrument

NO_HARM = "(the trial's numbers are not affected)"


@contextlib.contextmanager
def shielded(instrument: Instrument, method: str, notes: list[str], *more: type[BaseException]) -> Iterator[None]:
    """End the block when the instrument raises in it, and note that; more: what is noted beside exceptions.

    An interrupt is not the instrument's, unless `more` says so: it ends the block and goes on.
    """
    try:
        yield
    except BaseException as error:
        if not isinstance(error, (Exception, SystemExit, *more)):
            raise
        name = getattr(instrument, "name", type(instrument).__name__)
        text = str(error).strip() and f": {first_line(error)}" if isinstance(error, Exception) else ""
        notes.append(
            f"instrument {name}: its Python method {method}() failed with {type(error).__name__}{text} {NO_HARM}"
        )
