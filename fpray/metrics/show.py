"""What `fpray monitor` does: finds what there is to see, serves it, says where, and waits for Ctrl-C."""

from __future__ import annotations

import contextlib
from pathlib import Path

from fpray.errors import Refused
from fpray.metrics.grafana import DASHBOARDS, grafana_command
from fpray.metrics.openmetrics import Extent
from fpray.metrics.programs import program_problems
from fpray.metrics.recorded_trials import LiveTrial, find_trials, live_trial, tables
from fpray.metrics.serving import Servers, servers
from fpray.report.text import say, show_line


def show_metrics(text: str, root: Path, prometheus: str, grafana: str) -> None:
    """Serve the metrics of SUITE or SUITE/TRIAL until Ctrl-C; those of a trial that runs, until it is over.

    prometheus, grafana: the programs.

    Raises:
        Refused: there is nothing to serve, or nothing to serve it with.
    """
    suite, trials = find_trials(text, root)
    live = live_trial(trials)
    if live is not None and live.is_here():
        _show_live(live, f"{suite.path.name}/{live.number}", grafana)
        return
    if live is not None:
        say(_far_away(live))
    files = list(tables(suite, trials))
    if problems := program_problems(prometheus):
        raise Refused(*problems)
    with contextlib.suppress(KeyboardInterrupt), servers() as serving:
        say(f"reading the metrics of {len(files)} trial{'s' if len(files) > 1 else ''} ...")
        address, extent = serving.prometheus(prometheus, files)
        show_line(f"Prometheus: {address} ({extent.samples:,} samples; this machine only)")
        _show_grafana(serving, grafana, address, extent)
        serving.wait(lambda: True)


def _show_live(live: LiveTrial, name: str, grafana: str) -> None:
    with contextlib.suppress(KeyboardInterrupt), servers() as serving:
        show_line(f"Prometheus: {live.address} (of trial {name}, which runs; this machine only)")
        _show_grafana(serving, grafana, live.address, None)
        serving.wait(live.is_here)
        say(f"trial {live.number} is over: the same command shows the next one, or what was recorded")


def _show_grafana(serving: Servers, program: str, prometheus: str, extent: Extent | None) -> None:
    words = grafana_command(program)
    if words is None:
        show_line(f"Grafana: there is no program {program} here; its dashboards are in {DASHBOARDS}")
    else:
        show_line(f"Grafana: {serving.grafana(words, prometheus, extent)} (this machine only)")
    say("Ctrl-C ends it")


def _far_away(live: LiveTrial) -> str:
    tunnel = f"ssh -L {live.port}:{live.address.removeprefix('http://')} {live.host}"
    return (
        f"note: trial {live.number} runs, and its Prometheus answers on machine {live.host} only: to see it in a"
        f" browser here, run {tunnel} and open {live.address}"
    )
