"""`fpray monitor`: the metrics of monitored trials in Prometheus and Grafana, recorded ones and live ones."""

from __future__ import annotations

from pathlib import Path

import click

from fpray.cli.completion import suite_ids
from fpray.cli.interrupt import interruptible
from fpray.cli.options import read_options_of
from fpray.cli.suites import suites_option
from fpray.driver.option import pick
from fpray.driver.options import BaseOptions
from fpray.metrics.show import show_metrics


@click.command()
@click.argument("suite", metavar="SUITE[/TRIAL]", shell_complete=suite_ids)
@read_options_of(pick(BaseOptions, prometheus={"help": "serve with this Prometheus server"}))
@click.option("--grafana", default="grafana", metavar="PATH", help="start this Grafana  [default: grafana]")
@suites_option
def monitor(suite: str, suite_directory: Path, prometheus: str, grafana: str) -> None:
    """Serve the metrics of monitored trials to a browser.

    Those of a suite or of one trial, also while it runs. Starts Prometheus, and Grafana where it is installed, for
    this machine alone; prints their addresses; ends with Ctrl-C.
    """
    interruptible()
    show_metrics(suite, suite_directory, prometheus, grafana)
