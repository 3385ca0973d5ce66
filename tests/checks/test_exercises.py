"""The exercises: empty they are judged wrong, with hints; solved they are right."""

from pathlib import Path

import pytest

from tests.cli.checking import run

EXERCISES = Path(__file__).parents[2] / "examples" / "exercises"
TARGETS = [("dense_layer", "DenseLayer"), ("mse", "MSE"), ("mlp", "network")]


@pytest.mark.parametrize(("file", "name"), TARGETS)
def test_empty_it_is_not_right_yet(file, name, capsys):
    assert run(f"{EXERCISES / file}.py:{name}", "--hint", "3") == 1
    shown = capsys.readouterr().out
    assert "NotImplementedError" in shown
    assert "Hint 3" in shown


@pytest.mark.parametrize(("file", "name"), TARGETS)
def test_the_solution_is_right(file, name, capsys):
    assert run(f"{EXERCISES / 'solutions' / f'solved_{file}.py'}:{name}") == 0
    assert "every gradient is right" in capsys.readouterr().out


@pytest.mark.parametrize(("file", "name"), TARGETS)
def test_the_solution_is_the_exercise_filled_in(file, name):
    empty = (EXERCISES / f"{file}.py").read_text(encoding="utf-8").split('"""', 2)[2]
    solved = (EXERCISES / "solutions" / f"solved_{file}.py").read_text(encoding="utf-8").split('"""', 2)[2]
    before, after = empty.split("        raise NotImplementedError")
    assert solved.startswith(before)
    assert solved.endswith(after.split("\n", 1)[1])
