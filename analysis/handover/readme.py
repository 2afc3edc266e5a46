"""The README of an archive: what it is, how to check it, how to install what made it, how to draw from it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import fpray
from fpray.errors import Refused
from fpray.files import layout
from fpray.files.printable import printable
from fpray.jar.provenance import git_state
from fpray.store import columns
from fpray.store.outcome import Status, status_counts
from fpray_analysis.handover.placeholders import MEANINGS
from fpray_analysis.loaded import Store
from fpray_analysis.result_set import Results


def readme(store: Store, top: str, *, left_out: bool, replaced: Mapping[str, int]) -> str:
    """The text. top: the directory of the archive. left_out: whether rows are. replaced: file -> at how many places."""
    parts = (
        _what_it_is(store, top), _check(), _install(store), _redraw(store, left_out=left_out),
        _replaced(replaced),
    )  # fmt: skip
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _what_it_is(store: Store, top: str) -> Iterator[str]:
    yield f"# {top}"
    yield ""
    protocol = f" of {printable(str(store.provenance['protocol']))}" if "protocol" in store.provenance else ""
    ends = status_counts([Status(status) for status in store.trials[columns.STATUS].to_pylist()])
    yield f"Results of benchmarks{protocol} (trials: {ends}), archived by fpray {fpray.__version__}."
    yield f"Each trial is a directory (`001`, `002`, ...), and its `{layout.OUTCOME}` says how it ended."
    yield f"`{layout.RESULTS_CSV}` has FrankenPaxos's columns, `{layout.RESULTS_PARQUET}` has all of them."


def _check() -> Iterator[str]:
    yield "## Check it"
    yield "With any tools, in this directory (`tar --zstd -xf` unpacks an archive):"
    yield from _block(f"sha256sum --quiet -c {layout.CHECKSUMS}")
    yield "With fpray, without unpacking (it also names files that are not in the list):"
    yield from _block("fpray archive --verify FILE.tar.zst")


def _install(store: Store) -> Iterator[str]:
    """How to install what reads the archive, and which versions the trials were run with."""
    provenance, own = store.provenance, git_state(Path(fpray.__file__).parent)
    yield "## Install fpray"
    yield f"fpray {fpray.__version__} has made this archive, and reads it. It needs Python 3.11 or newer:"
    yield from _block("python3 -m venv venv && . venv/bin/activate")
    if own is not None and own["commit"] is not None:
        yield f"From a checkout of its source{', which had changes that are in no commit' * bool(own['uncommitted'])}:"
        yield from _block(f"git checkout {own['commit']} && pip install .")
        yield "Or from the wheel of this version, if its authors hand one on, or a package index has it:"
    yield from _block(f"pip install fpray=={fpray.__version__}")
    if packages := _texts(provenance.get("packages")):
        python = f"Python {provenance['python']}, and " if "python" in provenance else ""
        yield f"The trials were run with {printable(python)}these packages:"
        yield from _block(printable(" ".join(f"{name}=={version}" for name, version in packages.items())), "text")
    if sha256 := _texts(provenance.get("jar")).get("sha256"):
        yield f"Their jar has the SHA-256 {printable(sha256)}. It is not in this archive."


def _redraw(store: Store, *, left_out: bool) -> Iterator[str]:
    yield "## Draw the figure again"
    if why_not := _why_not_drawn(store):
        yield f"There is nothing to draw: {why_not}. The trials are shown by"
        yield from _block("fpray show .")
    else:
        yield "In this directory:"
        yield from _block("fpray plot . -o figure.pdf")
        yield "`fpray show .` shows the trials, `fpray table .` makes a table, and in Python there is `fpray.load`."
    if left_out:
        yield "The rows that clients recorded are left out, so figures of one trial over time cannot be drawn."


def _block(command: str, language: str = "sh") -> Iterator[str]:
    yield from (f"```{language}", command, "```")


def _why_not_drawn(store: Store) -> str:
    """Why `fpray plot` draws nothing; empty if it draws."""
    from fpray_analysis.figures.draw import plot
    from fpray_analysis.figures.options import FigureOptions

    with TemporaryDirectory(prefix="fpray-figure-") as directory:
        try:
            plot(Results([store]), Path(directory) / "figure.svg", FigureOptions())
        except Refused as refused:
            return refused.problems[0].in_words()
    return ""


def _replaced(replaced: Mapping[str, int]) -> Iterator[str]:
    yield "## What was replaced"
    yield f"At {sum(replaced.values())} places in {len(replaced)} files a placeholder stands for a directory:"
    yield from (f"- `{placeholder}`: {meaning}" for placeholder, meaning in MEANINGS.items())
    yield ""
    yield "Host names and addresses of machines are as they were."


def hosts_of(store: Store) -> set[str]:
    """The machines that a store names, by address and by name."""
    texts = store.trials[columns.HOSTS].to_pylist()
    hosts = {host for text in texts if text for host in text.split()}
    return hosts | {name for name in [_texts(store.provenance.get("driver")).get("hostname")] if name}


def _texts(value: Any) -> dict[str, str]:
    """The entries of an object that are texts."""
    if not isinstance(value, Mapping):
        return {}
    return {str(key): text for key, text in value.items() if isinstance(text, str)}
