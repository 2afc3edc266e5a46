"""What monitoring costs a trial: the same trial with `-m` and without it, in pairs in random order."""

from __future__ import annotations

from functools import partial

from bench import plain
from bench.common import Row, Settings, median, orders, ratio, safely, say
from bench.warm import WarmSweep, WarmTrial
from fpray.files import layout

_WARM_UP_S = 1.0


def measure(settings: Settings) -> list[Row]:
    """The ratios of one server, and of a protocol with many JVMs, all of which are scraped."""
    parts = {name: partial(_ratios, name, settings) for name in ("unreplicated", "multipaxos")}
    return [row for name, part in parts.items() for row in safely(part, name)]


def _ratios(protocol: str, settings: Settings) -> list[Row]:
    pairs, seconds = settings.pick(21, 3), settings.pick(4, 2)
    values = {
        "warmup_duration": f"{_WARM_UP_S}s", "warmup_timeout": f"{_WARM_UP_S + 10}s",
        "duration": f"{seconds}s", "timeout": f"{seconds + 10}s",
    }  # fmt: skip
    selections = [plain.points(protocol, **values, monitored=monitored) for monitored in (True, False)]
    trial = plain.the_trial(selections[1])
    scratch = settings.scratch / f"monitoring_{protocol}"
    numbers: tuple[list[plain.Numbers], list[plain.Numbers]] = ([], [])
    ends: tuple[list[WarmTrial], list[WarmTrial]] = ([], [])
    with (
        WarmSweep(selections[0], pairs, scratch / "with", settings.jar) as with_metrics,
        WarmSweep(selections[1], pairs, scratch / "without", settings.jar) as without,
    ):
        sweeps = (with_metrics, without)
        for is_first in orders(pairs, seed=3):
            for which in (0, 1) if is_first else (1, 0):
                with sweeps[1 - which].frozen():
                    end = sweeps[which].trial()
                ends[which].append(end)
                numbers[which].append(plain.numbers_of_parquet(end.directory / layout.RECORDER, trial))
            say(f"{protocol}: {numbers[0][-1].throughput:,.0f}/s monitored, {numbers[1][-1].throughput:,.0f}/s not")
    return _rows(protocol, numbers, ends)


def _rows(
    protocol: str,
    numbers: tuple[list[plain.Numbers], list[plain.Numbers]],
    ends: tuple[list[WarmTrial], list[WarmTrial]],
) -> list[Row]:
    speed = ratio(*([one.throughput for one in side] for side in numbers))
    latency = ratio(*([one.median_ms for one in side] for side in numbers))
    loss = "no loss beyond the interval" if speed.high >= 1 else f"a loss of {1 - speed.median:.1%}"
    longer = median([a.wall_s - b.wall_s for a, b in zip(*ends, strict=True)])
    return [
        Row(
            f"{protocol}: throughput monitored / not", f"{speed.text('.3f')}: {loss}", "", None, {"ratio": vars(speed)}
        ),
        Row(f"{protocol}: median latency monitored / not", latency.text(".3f"), "", None, {"ratio": vars(latency)}),
        Row(f"{protocol}: a monitored trial takes longer by", f"{longer:.1f} s", "", None, {"longer_s": longer}),
    ]
