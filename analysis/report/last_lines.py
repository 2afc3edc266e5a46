"""The last lines of the processes of trials: many of those that failed, few of the others, and not beyond a bound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from fpray.files import layout
from fpray.files.printable import printable
from fpray.files.reading import tail
from fpray_analysis.report.trials import ReportedTrial

OF_FAILURE: Final = 20  # lines of each log of a trial that failed
OF_OTHERS: Final = 3
_LONGEST: Final = 400  # characters of a line
_MOST: Final = 4_000_000  # characters of all lines of a report
_MOST_LOGS: Final = 60  # of a trial


class LastLines:
    """Reads the last lines, in the order in which trials are asked for, until a bound is reached.

    Attributes:
        omitted: how many trials have none, because the bound was reached.
    """

    def __init__(self) -> None:
        self._rest = _MOST
        self.omitted = 0

    def of(self, trial: ReportedTrial, labels: Sequence[str]) -> Iterator[dict[str, Any]]:
        """A block for each log that has lines."""
        if trial.directory is None or not labels:
            return
        if self._rest <= 0:
            self.omitted += 1
            sentence = f"The report has no room for the last lines of this trial: see {trial.directory.path}"
            yield {"title": "last lines", "text": printable(sentence)}
            return
        most = OF_FAILURE if trial.failed else OF_OTHERS
        for label in labels[:_MOST_LOGS]:
            for name in (layout.stdout_file(label), layout.stderr_file(label)):
                lines = [printable(line, most=_LONGEST) for line in tail(trial.directory.file(name), most)]
                if lines:
                    self._rest -= sum(map(len, lines))
                    title = f"the end of {name}" + (f", at most {most} lines" if len(lines) == most else "")
                    yield {"title": printable(title, most=_LONGEST), "lines": lines}
