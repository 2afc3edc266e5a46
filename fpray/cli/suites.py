"""The options of the commands that look at suites: where the suites are, and on which machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from fpray.driver.head import run_on_head, words_without
from fpray.files.paths import absolute
from fpray.store.usual_root import ROOT_VARIABLE, USUAL_ROOT


class _AbsolutePath(click.ParamType[Path]):
    """A path, absolute and expanded."""

    name = "text"  # what `--help` shows where there is no metavar

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        return absolute(value)


PATH = _AbsolutePath()


def _run_on_head(_ctx: click.Context, _option: click.Parameter, value: Path | None) -> None:
    """Become the same command on the head of a launcher's cluster, unless this machine belongs to that cluster."""
    if value is not None:
        run_on_head(value, words_without(sys.argv[1:], "--cluster"))


suites_option = click.option(
    "-s", "--suite-directory", "--suite_directory", "suite_directory", type=PATH, default=USUAL_ROOT, show_default=True,
    envvar=ROOT_VARIABLE, show_envvar=True, help="directory in which suites are found by name or letters",
)  # fmt: skip
head_option = click.option(
    "--cluster", metavar="LAUNCHER.yaml", type=PATH, expose_value=False, callback=_run_on_head,
    help="run this command on the head of that cluster",
)  # fmt: skip
