"""The check of a jar, as lines to show: which protocols fit, and what does not."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from fpray.jar.check import ProtocolReport, check_jar
from fpray.protocol.protocol import Protocol


class JarCheck:
    """The reports of a check as lines, one by one as they come, and whether all that was asked for fits."""

    def __init__(self, which: str, java: str, protocols: Sequence[Protocol[Any]], *, by_name: bool) -> None:
        self._reports = check_jar(which, java, protocols)
        self._width = max((len(protocol.name) for protocol in protocols), default=0)
        self._by_name = by_name  # by the user: then a protocol that is not in the jar does not fit
        self.fits = False

    def lines(self) -> Iterator[str]:
        """A line for each protocol, more where something does not fit, and the sum."""
        began, done = time.monotonic(), []
        for report in self._reports:
            done.append(report)
            yield from self._lines_of(report)
        fitting = sum(report.fits for report in done)
        absent = sum(not report.mains for report in done)
        wrong = len(done) - fitting - absent
        mains = sum(len(report.mains) for report in done)
        self.fits = fitting > 0 and wrong == 0 and not (self._by_name and absent)
        words = [
            f"{fitting} of {len(done)} protocols fit this jar",
            f"{wrong} {'does' if wrong == 1 else 'do'} not fit this jar (see above and docs/jar.md)" if wrong else "",
        ]
        them = "it" if absent == 1 else "them"
        words += [f"{absent} cannot run with this jar, which has no main classes of {them}" if absent else ""]
        yield ", ".join(filter(None, words)) + f" · {_classes(mains)} checked in {time.monotonic() - began:.1f} s"

    def _lines_of(self, report: ProtocolReport) -> Iterator[str]:
        name = f"{report.protocol:<{self._width}}"
        if not report.mains:
            yield f"{name}  this jar has no main classes of {report.protocol}, so it cannot run that protocol"
            return
        wrong = [main for main in report.mains if main.problems]
        many = _classes(len(report.mains))
        differs = f"in {len(wrong)} of {many} the jar differs from what fpray expects:"
        yield f"{name}  {differs if wrong else f'{many}, all as fpray expects them'}"
        mains_by_problem: dict[str, list[str]] = {}
        for main in report.mains:
            for problem in main.problems:
                mains_by_problem.setdefault(problem, []).append(main.main)
        yield from (f"  {', '.join(mains)} {problem}" for problem, mains in mains_by_problem.items())
        for main in report.mains:
            if main.not_given:
                more = ", ".join(main.not_given)
                yield (
                    f"  note: {main.main} also accepts {more}, which fpray does not pass by default (to pass one,"
                    " set the parameter of the protocol for it, if there is one, or add --flag ROLE:--NAME=VALUE)"
                )


def _classes(count: int) -> str:
    return f"{count} main class{'' if count == 1 else 'es'}"
