"""docs/security.md: each of its sentences is held by a test, and each such test exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
# How a sentence of a list begins -> the tests that hold it; none: it only says what a user should do.
HELD = {
    "fpray has one directory of its own per user": (
        "tests/files/test_user_directory.py::test_it_is_closed_to_others_whatever_the_umask_is",
        "tests/files/test_user_directory.py::test_one_that_is_open_to_others_is_refused",
        "tests/files/test_user_directory.py::test_a_link_is_not_followed",
        "tests/files/test_user_directory.py::test_one_of_another_user_is_refused",
        "tests/files/test_user_directory.py::test_the_runtime_directory_is_the_second_choice",
    ),
    "Trials work in directories of mode 0700": (
        "tests/node/test_local_disk.py::test_what_belongs_to_another_is_not_worked_in",
        "tests/node/test_scratch.py::test_what_another_user_left_in_this_users_name_is_not_touched",
        "tests/node/test_local_disk.py::test_a_place_that_others_could_replace_is_not_worked_in",
    ),
    "No lock is on a file": (
        "tests/store/test_lock.py::test_another_user_cannot_hold_it",
        "tests/node/test_process_files.py::test_another_user_that_may_read_a_trial_cannot_hold_it_up",
        "tests/repository/test_security.py::test_every_lock_is_where_no_other_user_can_open_it",
    ),
    "The file in which `ray start` notes": (
        "tests/cluster/test_ray_address.py::test_a_link_to_what_is_roots_names_no_cluster",
        "tests/cluster/test_ray_address.py::test_a_link_in_place_of_its_directory_names_no_cluster",
    ),
    "The head of a cluster is watched only": (
        "tests/node/test_head_watch.py::test_another_user_cannot_pass_for_the_head",
        "tests/node/test_head_watch.py::test_too_many_connections_end_none_of_those_that_there_are",
    ),
    "A suite that is a checkout of git": (
        "tests/jar/test_provenance.py::test_a_checkout_that_is_asked_for_its_state_runs_nothing",
    ),
    "A machine's lock is no file": (
        "tests/node/test_machine_lock.py::test_another_users_file_or_link_of_the_old_lock_is_neither_read_nor_written",
        "tests/node/test_machine_lock.py::test_another_user_cannot_pass_for_this_one_nor_write_to_our_terminal",
    ),
    "Another user's trial is waited for, at most 15 minutes": (
        "tests/node/test_machine_lock.py::test_another_users_trial_is_waited_for_but_not_for_ever",
        "tests/node/test_machine_lock.py::test_a_process_that_is_no_fpray_is_waited_for_a_minute",
    ),
    "Suites are written with the usual modes": ("tests/files/test_atomic.py::test_others_may_read_what_is_written",),
    "A URL of `--notify` is posted to": (
        "tests/driver/test_notify.py::test_an_answer_that_names_another_address_is_a_failure",
        "tests/driver/test_secrets.py::test_a_hook_that_fails_is_in_no_file",
        "tests/driver/test_secrets.py::test_what_is_shown_of_a_target",
    ),
    "A database of `--storage` is stored": (
        "tests/driver/test_secrets.py::test_what_is_stored_of_a_storage",
        "tests/driver/test_secrets.py::test_a_storage_from_the_environment_is_nowhere_in_the_request",
        "tests/driver/test_secrets.py::test_a_database_that_cannot_be_opened_does_not_give_the_secret_away",
    ),
    "`--notify env:NAME`": (
        "tests/files/test_secret.py::test_from_the_environment",
        "tests/files/test_secret.py::test_from_a_private_file",
        "tests/files/test_secret.py::test_a_file_of_another_user_is_not_believed",
    ),
    "A password in a URL on the command line is refused": (
        "tests/driver/test_secrets.py::test_a_target_that_cannot_be_is_refused_before_anything_starts",
        "tests/driver/test_secrets.py::test_a_process_covers_its_own_command_line",
        "tests/driver/test_secrets.py::test_in_the_foreground_ps_does_not_show_it_either",
    ),
    "A sweep in the background inherits secrets": (
        "tests/files/test_secret.py::test_what_a_child_inherits_is_on_no_disk_and_is_read_once",
    ),
    "A job of Ray's": (
        "tests/driver/test_secrets.py::test_a_detached_sweep_gets_it_and_ps_does_not",
        "tests/driver/test_secrets.py::test_on_the_head_it_is_a_private_file_and_never_an_argument",
        "tests/files/test_secret.py::test_what_is_handed_on_is_read_once",
        "tests/driver/test_secrets.py::test_a_secret_on_the_head_that_no_command_reads_goes_away",
    ),
    "A command of `--notify` is stored": ("tests/driver/test_secrets.py::test_what_is_shown_of_a_target",),
    "What it says has no effect on your terminal": (
        "tests/report/test_foreign_text.py::test_no_text_of_a_suite_reaches_the_terminal_as_it_is",
        "tests/report/test_foreign_text.py::test_what_a_jvm_printed_is_shown_without_colours",
        "tests/report/test_foreign_text.py::test_everything_is_printed_through_these_doors",
        "tests/files/test_printable.py::test_nothing_that_a_terminal_obeys_is_left",
    ),
    "`fpray sweep -s SUITE` runs a study file only if": (
        "tests/driver/test_foreign_suites.py::test_a_study_file_that_only_the_suite_names_is_not_run",
        "tests/driver/test_foreign_suites.py::test_an_own_study_file_is_continued_as_long_as_it_is_the_same",
        "tests/driver/test_foreign_suites.py::test_an_older_suite_states_no_hash",
    ),
    "A suite that holds links, pipes": (
        "tests/driver/test_foreign_suites.py::test_a_suite_with_links_is_not_continued",
        "tests/driver/test_foreign_suites.py::test_a_link_that_comes_later_is_not_followed_either",
        "tests/files/test_reading.py::test_a_pipe_is_not_waited_for",
    ),
    "`fpray stop SUITE` ends only": (
        "tests/driver/test_foreign_suites.py::test_a_suite_cannot_have_a_process_ended_that_does_not_run_it",
    ),
    "The jar, `java`, the JVM arguments": (
        "tests/driver/test_foreign_suites.py::test_a_suite_chooses_neither_its_jar_nor_its_java",
    ),
    "`fpray logs SUITE/TRIAL` attaches": (
        "tests/driver/test_foreign_suites.py::test_a_suite_cannot_have_its_reader_attach_to_a_cluster",
    ),
    "`fpray archive` replaces home directories": (
        "tests/analysis/handover/test_archive.py::test_no_directory_of_the_author_is_in_it",
        "tests/analysis/handover/test_archive.py::test_a_file_that_cannot_be_changed_is_named",
        "tests/analysis/handover/test_archive.py::test_a_table_of_rows_keeps_its_groups",
    ),
    "`fpray archive` names files with what looks like a secret": (
        "tests/analysis/handover/test_archive.py::test_what_looks_like_a_secret_is_named_before_anything_is_written",
    ),
    "`fpray archive --verify FILE` unpacks nothing": (
        "tests/analysis/handover/test_verify.py::test_what_fpray_never_writes_is_no_archive",
        "tests/analysis/handover/test_verify.py::test_a_small_file_that_stands_for_a_huge_one_is_no_archive",
    ),
    "`fpray debug SUITE/TRIAL` is the exception": (),
    "A launcher file is code": (),
    "The name of its user and the address of its head": (
        "tests/cluster/test_head_address.py::test_a_user_that_is_none_is_refused",
        "tests/cluster/test_head_address.py::test_the_target_is_no_option_whatever_it_is",
    ),
}
LISTENERS = "tests/driver/test_listeners.py::test_no_other_machine_reaches_a_sweep_on_this_machine"


def test_each_sentence_has_its_tests() -> None:
    items = re.findall(r"^- (.*)", PAGE.read_text(), re.MULTILINE)
    assert [item for item in items if not any(item.startswith(start) for start in HELD)] == []
    assert [start for start in HELD if not any(item.startswith(start) for item in items)] == []


@pytest.mark.parametrize("name", sorted({LISTENERS, *(name for names in HELD.values() for name in names)}))
def test_each_such_test_exists(name: str) -> None:
    file, _, function = name.partition("::")
    functions = [
        node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.FunctionDef)
    ]
    assert function in functions


# What locks -> why no other user can open what it locks.
LOCKS = {
    "fpray/files/directory_lock.py": "its callers, below",
    "fpray/store/lock.py": "the file has mode 0600",
    "fpray/files/locked_directory.py": "below the directory of the user, or of mode 0700",
    "fpray/cluster/ray_process/ray_orphans.py": "below the directory of the user",
    "fpray/node/scratch.py": "below a directory of mode 0700",
    "fpray/node/process_files.py": "below the directory of the user",
    "fpray/node/jar_cache.py": "a directory of mode 0700",
}


def test_every_lock_is_where_no_other_user_can_open_it() -> None:
    """G3: a new place that locks is looked at, and added here with its reason."""
    files = {
        str(file.relative_to(ROOT)) for file in (ROOT / "fpray").rglob("*.py") if "flock(" in (text := file.read_text())
        or "locked(" in text
    }  # fmt: skip
    assert files == LOCKS.keys()
