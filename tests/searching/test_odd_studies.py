"""A search goes on with an Optuna study that is gone, odd, or another's: as far as it can, or it says what is wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from fpray.driver.session import Backend
from fpray.errors import Refused
from fpray.files.secret import Secret
from fpray.plan.plan import Trial
from fpray.searching.experiment import check_search
from fpray.searching.run import run_search
from fpray.searching.storage import STUDY_FILES, open_study
from fpray.searching.study_check import check_study
from fpray.searching.suite_entries import SearchEntries
from fpray.store.outcome import Outcome
from fpray.store.suite import Suite
from fpray.store.trial_directory import TrialDirectory
from fpray.testing.fake_machines import FakeMachines
from fpray.trial.context import TrialContext
from tests.conftest import cli
from tests.searching.simulation import GOAL, P99, measured, search_request
from tests.support.sweeps import stub_jar

pytestmark = pytest.mark.heavy

NAME = "num_clients_per_proc"
SPACE = {NAME: IntDistribution(1, 200, log=True)}
OTHER = "f" * 16
WORDS = (
    "unreplicated", "--maximize", GOAL, "--subject-to", f"{P99}<=5", "--space", f"{NAME}=1..200:log", "--seed", "7",
    "--stop-at", "0", "--confirm", "1", "--budget-trials", "4", "--storage", "journal",
)  # fmt: skip


def _search(directory: Path, trials: int, storage: str = "journal", suite: Path | None = None) -> Path:
    """The suite of a search with a budget of so many trials: a new one, or one that goes on."""

    def run(trial: Trial[Any], place: TrialDirectory, _context: TrialContext) -> Outcome:
        place.begin(trial, {})
        return measured(trial)

    options: dict[str, Any] = {"maximize": (GOAL,), "subject_to": (f"{P99}<=5",), "space": {NAME: "1..200:log"}}
    options |= {"stop_at": 0.0, "seed": 7, "confirm": 1, "budget_trials": trials, "storage": storage}
    options |= {"jar": stub_jar(directory), "suite_directory": suite or directory / "suites"}
    return run_search(
        check_search("unreplicated", options), backend=Backend(lambda _address, _local: FakeMachines(["a"]), run)
    ).suite


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the suite of a search that ran three trials."""
    directory = tmp_path_factory.mktemp("searched")
    _search(directory, 3)
    return directory


@pytest.fixture
def suite(searched: Path, tmp_path: Path) -> Path:
    """Its suite in a directory of its own."""
    shutil.copytree(searched, tmp_path, dirs_exist_ok=True)
    return next((tmp_path / "suites").iterdir())


def _study(suite: Path, storage: str = "journal") -> optuna.Study:
    return open_study(Secret(storage), suite, search_request().problem.goals)


def _attributes(suite: Path, **more: Any) -> dict[str, Any]:
    """Those of the first trial, with others."""
    return {**_study(suite).trials[0].user_attrs, **more}


def _add(
    suite: Path,
    attributes: Mapping[str, Any],
    state: TrialState = TrialState.COMPLETE,
    point: Mapping[str, Any] = {NAME: 5},
    space: Mapping[str, BaseDistribution] = SPACE,
) -> None:
    _study(suite).add_trial(
        create_trial(
            state=state,
            params=dict(point),
            distributions=dict(space),
            user_attrs=dict(attributes),
            value=1.0 if state is TrialState.COMPLETE else None,
        )
    )


def _outcomes(suite: Path) -> list[str]:
    return sorted(str(path.relative_to(suite)) for path in suite.glob("[0-9]*/outcome.json"))


def _goes_on(suite: Path, count: int = 4) -> None:
    """With a fourth trial; what was shown is shown."""
    before = _outcomes(suite)
    assert _search(suite.parents[1], 4, suite=suite) == suite
    assert len(_outcomes(suite)) == count
    assert set(before) <= set(_outcomes(suite))
    assert cli("show", str(suite)).exit_code == 0


def _is_refused(suite: Path, *sentences: str) -> None:
    """In a sentence that says what to do, which helps; nothing has run, and the suite can still be shown."""
    file, before = suite / STUDY_FILES["journal"], _outcomes(suite)
    with pytest.raises(Refused) as refused:
        _search(suite.parents[1], 4, suite=suite)
    message = " ".join(str(refused.value).split())
    for sentence in (f"{file} ", *sentences, "Move this file away, and run the same fpray command again", "#storage"):
        assert sentence in message, message
    assert _outcomes(suite) == before
    assert cli("show", str(suite)).exit_code == 0
    assert cli("search", *WORDS, "-j", str(suite.parents[1] / "stub.jar"), "-s", str(suite), "--dry-run").exit_code == 0
    file.rename(suite.parent / "away")
    _goes_on(suite)


@pytest.mark.parametrize("content", [None, b"", b'{"op_code'])
def test_a_study_that_is_gone_is_made_again_and_that_is_said(
    content: bytes | None, suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = suite / STUDY_FILES["journal"]
    journal.unlink() if content is None else journal.write_bytes(content)
    capsys.readouterr()
    _goes_on(suite)
    assert (
        "note: the Optuna study of this search (optuna.journal) lacked 3 of the trials in the suite: they were added"
        " to it again"
    ) in capsys.readouterr().err


def test_a_study_of_another_name_is_another_study(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As in a suite with another directory name."""
    moved = suite.with_name(suite.name.replace("_unreplicated", "x_unreplicated"))
    journal = suite / STUDY_FILES["journal"]
    journal.write_text(journal.read_text().replace(suite.name, moved.name))
    _goes_on(suite)
    assert "lacked 3 of the trials in the suite" in capsys.readouterr().err
    assert len(_study(suite).trials) == 4


def test_trials_that_the_suite_does_not_have_any_more_are_named(
    suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(suite / "002")
    _goes_on(suite, 3)
    output = capsys.readouterr().err
    assert "has trials that the suite does not have any more (002): the search still uses their results" in output
    assert "stop the search, move optuna.journal away, and run the same fpray command again" in output
    assert "the budget of  " not in output


@pytest.mark.parametrize(
    ("state", "attributes", "point"),
    [
        (TrialState.COMPLETE, {}, {NAME: 5}),
        (TrialState.RUNNING, {}, {NAME: 5}),
        (TrialState.RUNNING, {}, {}),
        (TrialState.WAITING, {}, {}),
        (TrialState.FAIL, {}, {NAME: 5}),
        (TrialState.RUNNING, {"number": "001"}, {NAME: 5}),
        (TrialState.COMPLETE, {"mine": [1]}, {NAME: 5}),
    ],
)
def test_trials_that_somebody_else_added_do_not_keep_it_from_going_on(
    state: TrialState, attributes: dict[str, Any], point: dict[str, Any], suite: Path
) -> None:
    _add(suite, attributes, state, point, SPACE if point else {})
    _goes_on(suite)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"hello\n", "Expecting value"),
        (b"null\n", "cannot be read as the Optuna study of this search"),
        (b'{"op_code":99,"worker_id":"x"}\n', "cannot be read as the Optuna study of this search"),
        (b'{"op_code":4}\n', "cannot be read as the Optuna study of this search"),
    ],
)
def test_a_journal_that_cannot_be_read_is_named(content: bytes, why: str, suite: Path) -> None:
    with (suite / STUDY_FILES["journal"]).open("ab") as file:
        file.write(content)
    _is_refused(suite, why)


def test_a_database_that_is_none_is_named(tmp_path: Path) -> None:
    suite = _search(tmp_path, 2, "sqlite")
    file = suite / STUDY_FILES["sqlite"]
    file.write_bytes(b"no database" * 1000)
    with pytest.raises(Refused, match=r"optuna\.db cannot be read as .*not a database.* Move this file away"):
        _search(tmp_path, 3, "sqlite", suite)
    file.unlink()
    assert _search(tmp_path, 3, "sqlite", suite) == suite
    assert len(_outcomes(suite)) == 3


def test_a_study_in_a_database_of_its_own_is_to_be_deleted_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/own.db"
    suite = _search(tmp_path, 2, url)
    study = open_study(Secret(url), suite, search_request().problem.goals)
    study.add_trial(study.trials[0])
    with pytest.raises(Refused) as refused:
        _search(tmp_path, 3, url, suite)
    how = f"from that database (optuna delete-study --study-name {suite.name} --storage URL), and run the same fpray"
    assert f"--storage {url} contains an Optuna study that does not fit this search: 2 trials" in str(refused.value)
    assert how in str(refused.value)
    optuna.delete_study(study_name=suite.name, storage=url)
    assert _search(tmp_path, 3, url, suite) == suite
    assert len(_outcomes(suite)) == 3


@pytest.mark.parametrize("directions", [["minimize"], ["maximize", "minimize"]])
def test_a_study_with_other_goals_is_refused(directions: list[str], suite: Path) -> None:
    journal = suite / STUDY_FILES["journal"]
    journal.unlink()
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(journal)))
    optuna.create_study(
        study_name=suite.name, storage=storage, directions=[optuna.study.StudyDirection[d.upper()] for d in directions]
    )
    others = " and to ".join(directions)
    _is_refused(suite, f"the goals of the Optuna study are to {others}, but the goals of this search are to maximize")


@pytest.mark.parametrize("state", [TrialState.COMPLETE, TrialState.RUNNING])
def test_a_trial_that_is_there_twice_is_refused(state: TrialState, suite: Path) -> None:
    _add(suite, _attributes(suite), state)
    own = _attributes(suite)["fpray_trial"]
    _is_refused(suite, f"2 trials of the Optuna study stand for the same fpray trial, '{own}'")


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        ({"fpray_trial": [7]}, "fpray_trial must be text, not [7]"),
        ({"fpray_trial": None}, "fpray_trial must be text"),
        ({"configuration": [1]}, "configuration must be text"),
        ({"repeat": "x"}, "repeat must be an integer, not 'x'"),
        ({"repeat": 10**30}, "repeat must be an integer of 64 bits"),
        ({"repeat": -5}, "repeat must be between 0 and"),
        ({"metrics": [1]}, "metrics must be an object, not [1]"),
        ({"metrics": {GOAL: "x"}}, f"metrics.{GOAL} must be a number or null, not 'x'"),
        ({"status": "gone"}, "status must be one of finished, crashed"),
        ({"wall_s": "x"}, "wall_s must be a number, not 'x'"),
        ({"spent_s": None}, "spent_s must be a number"),
        ({"number": [1]}, "number must be text"),
    ],
)
def test_entries_that_fpray_does_not_write_are_refused(attributes: dict[str, Any], why: str, suite: Path) -> None:
    _add(suite, _attributes(suite, **{"fpray_trial": OTHER, **attributes}))
    _is_refused(suite, "trial 3 of the Optuna study has an entry that fpray never writes (", f"): {why}")


def test_a_trial_without_what_belongs_to_it_is_refused(suite: Path) -> None:
    _add(suite, {"fpray_trial": OTHER}, point={}, space={})
    _is_refused(suite, "3 of the Optuna study lacks configuration and repeat", f"3 of the Optuna study has no {NAME}")


@pytest.mark.parametrize(
    ("distribution", "value"),
    [
        (CategoricalDistribution((5, "x")), 5),
        (IntDistribution(1, 10**6, log=True), 10**6),
        (IntDistribution(-10, -1), -5),
    ],
)
@pytest.mark.parametrize("state", [TrialState.RUNNING, TrialState.COMPLETE])
def test_a_point_outside_of_the_space_is_refused(
    state: TrialState, distribution: BaseDistribution, value: int, suite: Path
) -> None:
    attributes = _attributes(suite, fpray_trial=OTHER) if state is TrialState.COMPLETE else {}
    _add(suite, attributes, state, {NAME: value}, {NAME: distribution})
    _is_refused(suite, f"trial 3 of the Optuna study has {NAME}={value}, but this search chooses {NAME} from ")


def test_studies_that_an_earlier_version_wrote_are_studies(tmp_path: Path) -> None:
    for name in ("search", "search_half_done"):
        source = next((Path(__file__).parents[1] / "recorded" / "suites" / name).iterdir())
        suite = Path(shutil.copytree(source, tmp_path / source.name))
        words = json.loads((suite / "suite.json").read_text())["search"]
        options = {
            "maximize": [goal.removeprefix("maximize ") for goal in words["goals"]],
            "subject_to": words["bounds"],
            "space": words["space"],
        }
        problem = check_search("unreplicated", {**options, "jar": stub_jar(tmp_path)}).problem
        check_study(open_study(Secret("journal"), suite, problem.goals), problem, suite, "journal")
        assert SearchEntries.of(Suite(suite)) is not None
