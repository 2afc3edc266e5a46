"""`fpray archive`: all of a suite in one file, without what says where and by which person it was run."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from fpray.errors import Cause, Problem, nearest, only_reading, refuse, refuse_if_any
from fpray.files import layout
from fpray.files.atomic import replacing
from fpray.files.paths import absolute, short_path
from fpray.files.printable import printable
from fpray_analysis.handover.clean_parquet import clean_parquet
from fpray_analysis.handover.clean_text import Cleaned, check_binary, clean_text, is_binary
from fpray_analysis.handover.members import members
from fpray_analysis.handover.new_file import check_place, writing
from fpray_analysis.handover.placeholders import Placeholders, placeholders_of
from fpray_analysis.handover.readme import hosts_of, readme
from fpray_analysis.handover.running import runs_now
from fpray_analysis.handover.tar_file import TarFile, sums_text
from fpray_analysis.loaded import Store
from fpray_analysis.loading import Source, load_stores
from fpray_analysis.result_set import Results

ENDING: Final = ".tar.zst"
_IN_MEMORY: Final = 32 << 20  # a longer copy is a temporary file beside the archive
_LISTED: Final = 10  # hosts in a note
_SUSPECTS: Final = 3  # of one file, that a message names
_PARQUET: Final = ".parquet"


@dataclass(frozen=True)
class Archived:
    """An archive that was written.

    Attributes:
        path, sha256: of the archive.
        files: how many it has.
        replaced: file -> at how many places a directory has a placeholder now.
        notes: what there is to say of it, in sentences.
    """

    path: Path
    sha256: str
    files: int
    replaced: Mapping[str, int]
    notes: Sequence[str]


@dataclass
class _Copies:
    """Adds copies of files to an archive, and remembers what was noticed.

    Attributes:
        replaced: file -> at how many places a directory has a placeholder.
        problems: why there can be no archive.
        naming: the files in which the user is named.
    """

    tar: TarFile
    placeholders: Placeholders
    accept: Collection[str]
    replaced: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    naming: list[str] = field(default_factory=list)

    def add(self, name: str, path: Path, later: int) -> None:
        """Add a copy of a file."""
        with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=self.tar.directory) as copy:
            cleaned, content = self._cleaned(path, copy)
            self._note(name, cleaned)
            if content is not None:
                size = content.seek(0, 2)
                content.seek(0)
                self.tar.add(name, content, size, later=later)
                return
        with path.open("rb") as original:
            self.tar.add(name, original, path.stat().st_size, later=later)

    def _cleaned(self, path: Path, copy: IO[bytes]) -> tuple[Cleaned, IO[bytes] | None]:
        """What became of a file, and its copy if it differs from it."""
        if path.suffix == _PARQUET:
            cleaned = clean_parquet(path, copy, self.placeholders)
        elif is_binary(path):
            cleaned = check_binary(path, self.placeholders)
        else:
            return clean_text(path, copy, self.placeholders), copy
        return cleaned, copy if cleaned.replaced else None

    def _note(self, name: str, cleaned: Cleaned) -> None:
        if cleaned.replaced:
            self.replaced[name] = cleaned.replaced
        if cleaned.names_user:
            self.naming.append(name)
        if name in self.accept:
            return
        if cleaned.hidden:
            sentence = (
                f"is no text, and names the home directory {cleaned.hidden}, which cannot be replaced there: remove the"
                f" file, or hand it over as it is with --accept {name}"
            )
            self.problems.append(Problem(name, sentence, Cause.SECRET))
        for line, kind in cleaned.suspects[:_SUSPECTS]:
            where = f"line {line} looks" if line else "it looks"
            sentence = f"{where} as if it held {kind}: remove that text, or hand it over as it is with --accept {name}"
            self.problems.append(Problem(name, sentence, Cause.SECRET))


def archive(
    suite: Source, root: Source | None = None, *, output: Path | None = None, rows: bool = True,
    accept: Collection[str] = (), home: Path | None = None,
) -> Archived:  # fmt: skip
    """Write the archive of a suite, a suite directory of FrankenPaxos, or a file of results.

    suite, root: as for `fpray.load`. output: FILE.tar.zst (default: the name of the suite, here). rows: whether it has
    the rows that clients recorded. accept: names of files that may look as if they held a secret. home: of this user.

    Raises:
        fpray.Refused: the suite runs or is damaged, a file looks as if it held a secret or cannot be part of an
            archive, or the archive cannot be written. Then no archive is left.
    """
    with only_reading():
        (store,) = load_stores([suite], root)
        top = re.sub(r"[^\w.-]+", "_", store.path.name.removesuffix(".csv")).lstrip(".-") or "results"
        path = output or absolute(f"{top}{ENDING}")
        _check(store, path)
        by_name = members(store, rows=rows)
        _check_accepted(accept, by_name)
        left_out = not rows and len(members(store, rows=True)) > len(by_name)
        with writing(path), replacing(path) as partial, TarFile(partial, top) as tar:
            copies = _Copies(tar, placeholders_of(store, home), accept)
            later = _order(store)
            for name, file in by_name.items():
                copies.add(name, file, later.get(name, 0))
            refuse_if_any(copies.problems)
            tar.add_text(layout.README, readme(store, top, left_out=left_out, replaced=copies.replaced))
            tar.add_text(layout.CHECKSUMS, sums_text(tar.sums))
        return Archived(path, tar.sha256, len(tar.sums), copies.replaced, [*_notes(store, copies)])


def _check(store: Store, path: Path) -> None:
    check_place(path, [store])
    if not path.name.endswith(ENDING):
        raise refuse(f"-o {short_path(path)}", f"must end in {ENDING}", Cause.OPTION)
    if running := runs_now(store):
        name = short_path(store.path)
        raise refuse(
            store.name,
            f"is not archived while it changes, because {running}. Wait until it has ended (fpray attach {name}), or"
            f" end it (fpray stop {name})",
            Cause.IN_USE,
        )
    _ = Results([store]).events  # which reads what is not read yet: a damaged file is named


def _check_accepted(accept: Collection[str], names: Mapping[str, Path]) -> None:
    refuse_if_any(
        [
            Problem(f"--accept {name}", f"there is no such file in the archive{nearest(name, names)}", Cause.OPTION)
            for name in accept
            if name not in names
        ]
    )


def _order(store: Store) -> dict[str, int]:
    """Name of an `outcome.json` -> its place in the order in which trials ended, as their `stop_time.txt` say it.

    The times of these files are that order, in which results are listed. All else in an archive has one time.
    """
    stops = {}
    for number, directory in store.directories.items():
        try:
            stops[number] = (directory / layout.STOP_TIME).read_text(errors="replace")[:100]
        except OSError:
            stops[number] = ""
    ended_first = sorted(stops, key=lambda number: (stops[number], number))
    return {f"{number}/{layout.OUTCOME}": place for place, number in enumerate(ended_first, start=1)}


def _notes(store: Store, copies: _Copies) -> Iterator[str]:
    yield from store.remarks
    if hosts := sorted(hosts_of(store)):
        some = ", ".join(map(printable, hosts[:_LISTED])) + (", ..." if len(hosts) > _LISTED else "")
        yield f"host names and addresses of machines stay in it: {some}"
    if copies.naming:
        user, example = copies.placeholders.user.decode(errors="replace"), copies.naming[0]
        yield f"the user name {printable(user)} stays in {len(copies.naming)} files, such as {printable(example)}"
    if copies.accept:
        yield f"handed over as they are: {', '.join(map(printable, copies.accept))}"
