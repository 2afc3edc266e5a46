"""What became of each case: how many were refused by each reader, and with which sentences."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from click.testing import Result
from hypothesis import HealthCheck, Phase, settings

# Cases for each reader: `make fuzz` sets 1,000.
CASES = int(os.environ.get("FPRAY_FUZZ", "20"))
CASE = settings(
    max_examples=CASES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
_accepted: Counter[str] = Counter()
_refused: dict[str, Counter[str]] = defaultdict(Counter)


def judge(reader: str, done: Result, *, must_refuse: bool, case: Callable[[], Any]) -> None:
    """Count a case, and fail on a traceback, another exit code, or silence where the rules refuse."""
    text = f"{reader}: {case()!r:.2000}\n{done.output[-2000:]}"
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise AssertionError(text) from done.exception
    assert done.exit_code in (0, 2), text
    assert "Traceback" not in done.output, text
    refused = done.exit_code == 2 or " is damaged: " in done.stderr
    count(reader, refused, done.stderr, must_refuse=must_refuse, text=text)


def count(reader: str, refused: bool, message: str, *, must_refuse: bool, text: str) -> None:
    """Count a case; fail where it was not refused although the rules refuse."""
    assert refused or not must_refuse, f"not refused: {text}"
    assert max(map(len, message.splitlines()), default=0) < 4000, f"a long line: {text}"
    if refused:
        _refused[reader][_kind(message)] += 1
    else:
        _accepted[reader] += 1


def _kind(message: str) -> str:
    """A message without its values."""
    line = next((line for line in message.splitlines()[::-1] if line.strip()), "")
    line = re.sub(r"'[^']*'|\"[^\"]*\"|/\S+", "_", line)
    return " ".join(re.sub(r"\d+", "N", line).split())[-70:]


def lines() -> list[str]:
    """A line for each reader, and for each of its most frequent refusals."""
    report = []
    for reader in sorted({*_accepted, *_refused}):
        refused = sum(_refused[reader].values())
        report.append(f"{reader}: {refused + _accepted[reader]} cases, {refused} refused, {_accepted[reader]} read")
        report += [f"    {times:5}  {kind}" for kind, times in _refused[reader].most_common(5 if CASES >= 1000 else 0)]
    total = sum(_accepted.values()) + sum(sum(kinds.values()) for kinds in _refused.values())
    return [*report, f"{total} cases in all"]
