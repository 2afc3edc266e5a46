"""The journal of a search: half a line, a lock that is left, a study that is gone, a full disk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from optuna.exceptions import StorageInternalError
from optuna.storages.journal import JournalFileBackend

from fpray.errors import FprayError, Refused
from fpray.files.secret import Secret
from fpray.searching import storage
from fpray.searching.file_names import JOURNAL_LOCK, OPTUNA_JOURNAL
from fpray.searching.storage import mend, open_study, reachable
from fpray.store.suite import Suite
from tests.searching.simulation import (
    measured,
    run_trials,
    search_request,
    search_suite,
    source_of,
)


def test_half_a_line_at_the_end_of_the_journal_is_cut_off(tmp_path: Path) -> None:
    request = search_request(budget_trials=2, confirm=1)
    suite = search_suite(tmp_path, request)
    list(run_trials(source_of(suite, request), suite))
    journal = suite.path / OPTUNA_JOURNAL
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"op_code":4,"worker')
    mend(journal)
    assert journal.read_bytes() == whole
    assert list(run_trials(source_of(Suite(suite.path), request), suite)) == []


def test_the_lock_of_a_driver_that_was_killed_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_DEAD_S", 0.1)
    monkeypatch.chdir(tmp_path)
    request = search_request(budget_trials=1, confirm=1)
    suite = search_suite(Path("suites"), request)
    source = source_of(suite, request)
    trial = source.ask()
    assert trial is not None
    lock = suite.path / JOURNAL_LOCK
    lock.symlink_to(lock.absolute())
    assert [t.id for t in run_trials(source_of(Suite(suite.path), request), suite)] == [trial.id]
    assert not lock.is_symlink()


@pytest.mark.heavy
@pytest.mark.parametrize("place", ["why?1", "a#b", "50%41", "{x}", "v1:2", "a b@c", "\udcff"])
def test_an_sqlite_file_is_in_the_suite_whatever_its_path(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A4: a path is not pasted into a URL."""
    (tmp_path / place / "in").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / place / "in")
    request = search_request(budget_trials=1, confirm=1)
    suite = search_suite(Path("suites"), request)
    assert len(list(run_trials(source_of(suite, request, "sqlite"), suite))) == 1
    assert list(run_trials(source_of(Suite(suite.path), request, "sqlite"), suite)) == []
    assert [path.parent for path in tmp_path.rglob("*.db")] == [suite.path.absolute()]
    assert {path.name for path in tmp_path.iterdir()} == {place}


def test_a_study_that_is_gone_ends_the_search_in_a_sentence(tmp_path: Path) -> None:
    request = search_request(budget_trials=4, confirm=1)
    suite = search_suite(tmp_path, request)
    source = source_of(suite, request)
    list(run_trials(source, suite, most=2))
    trial = source.ask()
    assert trial is not None
    journal = suite.path / OPTUNA_JOURNAL
    journal.rename(suite.path / "away")
    journal.mkdir()
    for cannot in (
        lambda: source.tell(trial, measured(trial)),
        source.ask,
        source.summary_line,
        source.keep_recommendation,
    ):
        with pytest.raises(
            FprayError,
            match=(
                r"^the search cannot read or write its files \(optuna.journal and points.json in .*\) any more: "
                r"\[Errno 21\].* Check that disk; to continue, run the same fpray.*#storage$"
            ),
        ):
            cannot()
    journal.rmdir()
    (suite.path / "away").rename(journal)
    assert len(list(run_trials(source_of(Suite(suite.path), request), suite))) == 2


@pytest.mark.parametrize(
    ("where", "error", "sentence"),
    [
        ("journal", OSError(28, "No space left on device"), "its files (optuna.journal and points.json in s) any more"),
        ("memory", OSError(28, "No space left on device"), "its files (points.json in s) any more: [Errno 28]"),
        ("mysql://u@h/d", OSError(13, "Permission denied"), "s. Correct its permissions; to continue"),
        ("sqlite", StorageInternalError("gone"), "s. Check that the suite (directory of results) has free"),
        (
            "mysql://u@h/d",
            StorageInternalError("gone"),
            "the search cannot use its database (--storage mysql://u@h/d) any",
        ),
        ("mysql://u@h/d", StorageInternalError("gone"), "s. Start the database again, free space on its disk, or"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_own_remedy(where: str, error: Exception, sentence: str) -> None:
    with pytest.raises(FprayError, match=re.escape(sentence)), reachable("s", where):
        raise error


@pytest.mark.parametrize("storage", ["journal", "sqlite"])
def test_a_file_of_a_study_that_cannot_be_made_is_no_database(storage: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        open_study(Secret(storage), tmp_path / "absent", search_request().problem.goals)
    assert f"absent/optuna.{'db' if storage == 'sqlite' else 'journal'} cannot be opened: " in str(refused.value)
    assert "URL" not in str(refused.value)


def test_a_journal_on_a_full_disk_is_not_to_be_moved_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: JournalFileBackend, _logs: list[dict[str, Any]]) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(JournalFileBackend, "append_logs", fail)
    with pytest.raises(Refused) as refused:
        open_study(Secret("journal"), tmp_path, search_request().problem.goals)
    assert 'optuna.journal cannot be opened: "[Errno 28] No space left on device". ' in str(refused.value)
    assert "Move this file away" not in str(refused.value)


SUGGEST = """
from fpray import Search
def suggest(trial):
    return {"num_clients_per_proc": trial.suggest_int("num_clients_per_proc", 1, 9)}
STUDY = Search("mine", "unreplicated", maximize="measured.throughput", suggest=suggest)
"""


@pytest.mark.parametrize("own_study", [False, True])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), StorageInternalError("gone")])
def test_a_study_that_goes_away_while_a_point_is_chosen_is_not_the_fault_of_its_author(
    own_study: bool, error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(SUGGEST)
    mine: dict[str, Any] = {"study": str(tmp_path / "mine.py"), "maximize": (), "subject_to": (), "space": {}}
    request = search_request(budget_trials=1, confirm=1, **(mine if own_study else {}))
    suite = search_suite(tmp_path, request)
    source = source_of(suite, request)
    append = JournalFileBackend.append_logs

    def fail(self: JournalFileBackend, logs: list[dict[str, Any]]) -> None:
        if any("param_name" in log for log in logs):
            raise error
        append(self, logs)

    monkeypatch.setattr(JournalFileBackend, "append_logs", fail)
    with pytest.raises(FprayError, match=rf"cannot read or write its files .* any more: {re.escape(str(error))}"):
        source.ask()
