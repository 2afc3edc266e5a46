"""Study and search files with values of other types: a generator is a list, the rest is refused, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import cli


def _plan(text: str, tmp_path: Path, command: str = "plan") -> tuple[int, str]:
    file = tmp_path / "mine.py"
    file.write_text(f"import fpray\nSTUDY = {text}\n")
    goal = ("--dry-run",) if command == "search" else ()
    done = cli(command, "unreplicated", "--study", str(file), *goal)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, " ".join(done.output.split())


def test_points_may_be_a_generator(tmp_path: Path) -> None:
    """I1: taken as a list: two trials, and not 0 with exit code 0."""
    points = "({'num_clients_per_proc': n} for n in (1, 2))"
    code, text = _plan(f"fpray.Study('g', 'unreplicated', points={points})", tmp_path)
    assert code == 0, text
    assert "2 trials" in text


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("points=[]", "has no points (combinations of values), so nothing can run"),
        ("points=(p for p in ())", "has no points (combinations of values), so nothing can run"),
        ("repeat=0", "mine.py: repeat must be between 1 and 100,000, not 0"),
        ("repeat='2'", "repeat must be an integer, not '2'"),
        ("points=5", "points must be a list, not 5"),
        ("points=[5, {}]", "points[0] must be an object, not 5"),
        ("points=[{5: 1}]", "points has the key 5, which is not text"),
        ("base=5, regions=5, summary=5, about=5", "regions must be an object, not 5"),
        ("points=(1 // 0 for _ in (1,))", "points: raises ZeroDivisionError"),
        ("points=({} for _ in iter(int, 1))", "points lists more than 1,000,000 values"),
        ("points=[{}] * 20, repeat=99_999", "make 1,999,980 trials"),
    ],
)
def test_no_trials_and_other_types_are_refused(more: str, sentence: str, tmp_path: Path) -> None:
    """I1, I4: silence where nothing was run is a refusal; values of other types are, too."""
    code, text = _plan(f"fpray.Study('g', 'unreplicated', {more})", tmp_path)
    assert code == 2, text
    assert sentence in text


def test_what_a_study_file_raises_is_named_whatever_it_is(tmp_path: Path) -> None:
    """I4: test frameworks and asyncio raise what is no `Exception`."""
    code, text = _plan("(_ for _ in ()).throw(BaseException('x'))", tmp_path)
    assert code == 2, text
    assert "this Python file fails when it is loaded. Correct it; Python says: BaseException: x" in text


@pytest.mark.parametrize(
    ("more", "sentences"),
    [
        (
            "maximize=5, space=5, points=5, regions=5, suggest=5, budget_trials='x', stop_at=[], minimize=[1]",
            ["maximize must be a list, not 5", "space must be an object, not 5", "points must be a list, not 5",
             "regions must be an object, not 5",
             "suggest must be a function that takes one argument (an Optuna trial), not 5",
             "budget_trials must be an integer, not 'x'", "stop_at must be a number, not []",
             "minimize[0] must be text, not 1"],
        ),
        ("maximize='measured.throughput', space={'num_clients_per_proc': 5}", ["=LOW..HIGH"]),
        ("maximize='measured.throughput', space={'num_clients_per_proc': [[1], 2]}", ["does not fit this"]),
        ("maximize='measured.throughput', space={5: [1, 2]}", ["space has the key 5, which is not text"]),
    ],
    ids=range(4),
)  # fmt: skip
def test_everything_wrong_in_a_search_file_is_said_at_once(more: str, sentences: list[str], tmp_path: Path) -> None:
    """I4: `maximize=5`, `space=5`, `points=5`, `regions=5` in a study or search file."""
    code, text = _plan(f"fpray.Search('g', 'unreplicated', {more})", tmp_path, "search")
    assert code == 2, text
    for sentence in sentences:
        assert sentence in text
