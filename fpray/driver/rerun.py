"""`--rerun`: which trials of a suite run again, although they ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fpray.driver.option_texts import Texts, listed
from fpray.errors import Problem

_FAILED = "failed"
_ID_LENGTH = 6  # so many characters of a trial's id name it; fewer may be a number


class Rerun(NamedTuple):
    """All trials that failed, or the trial with a number or with an id.

    Attributes:
        text: how the user names them.
        all_failed: whether all that failed are meant.
        number: a trial's number without zeros in front.
        id_start: how its id begins; empty: the user names no id.
    """

    text: str
    all_failed: bool
    number: str
    id_start: str

    @staticmethod
    def of(text: str) -> Rerun:
        """What a text names."""
        return Rerun(text, text == _FAILED, text.lstrip("0"), text if len(text) >= _ID_LENGTH else "")

    def __str__(self) -> str:
        return self.text

    def names(self, number: str, trial_id: str) -> bool:
        """Whether a trial is the one that is named. number: of its directory."""
        return self.number == number.lstrip("0") or (bool(self.id_start) and trial_id.startswith(self.id_start))


def read_rerun(value: Texts) -> tuple[tuple[Rerun, ...], Iterable[Problem]]:
    """The texts of `--rerun`; which trials there are is seen in the suite."""
    return tuple(map(Rerun.of, listed(value))), ()
