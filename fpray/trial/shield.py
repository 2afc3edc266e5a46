"""What an instrument raises becomes a note of the outcome, never the end of the trial."""

from __future__ import annotations

import contextlib

from fpray.errors import first_line
from fpray.trial.instruments import ClientsEnded, Instrument

NO_HARM = "(the trial's numbers are not affected)"


class shielded(contextlib.AbstractContextManager[None, bool]):  # noqa: N801 -- it reads as `contextlib.suppress` does
    """End the block when the instrument raises in it, whatever that is, and note that.

    In `during`, the end of a wait with the clients (`ClientsEnded`) is no failure. An interrupt of the user does not
    come this way: it cancels the sweep, and the next step of the trial sees that.
    """

    def __init__(
        self, instrument: Instrument, method: str, notes: list[str], *, passing: tuple[type[BaseException], ...] = ()
    ) -> None:
        """passing: what goes on, without a note."""
        self._instrument, self._method, self._notes, self._passing = instrument, method, notes, passing

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """Note what was raised; whether it ends here."""
        if error is None or isinstance(error, self._passing):
            return False
        if not (self._method == "during" and isinstance(error, ClientsEnded)):
            what = f"its Python method {self._method}() failed with {_text(error)}"
            self._notes.append(f"instrument {_name(self._instrument)}: {what} {NO_HARM}")
        return True


def _name(instrument: Instrument) -> str:
    try:
        return str(instrument.name)
    except BaseException:  # the instrument's own code
        return type(instrument).__name__


def _text(error: BaseException) -> str:
    """The class and the first line of what was raised."""
    kind = type(error).__name__
    try:
        line = first_line(error)
    except BaseException:  # the instrument's own code
        return kind
    return kind if line == kind else f"{kind}: {line}"
