"""Layers that others wrote without sight of the recognition: ten right and ten wrong ones, and a few more.

The files in `layers` stay as they were handed in; `answers.json` says what is wrong with each.
"""

import json
from pathlib import Path

import pytest

from tests.cli.checking import check
from tests.counts import count

FOLDER = Path(__file__).parent / "layers"
STRANGERS = [
    (folder / file, answer)
    for folder in (FOLDER, FOLDER / "extras")
    for file, answer in json.loads((folder / "answers.json").read_text(encoding="utf-8")).items()
]
SOME = STRANGERS[:: count(2, 1)]
FACTORIES = {"embedded_float32.py": "make_linear_layer", "gopher_square.py": "new_hidden"}

# Their name of a mistake, and what the report may call it.
NAMES = {
    "derivative_at_output": {"another_array", "call_too_much"},
    "derivative_at_z_for_output_formula": {"function_missing"},
    "forgotten_activation_derivative": {"factor_missing", ""},  # three lines have it, each for itself
    "missing_batch_division": {"factor_missing"},
    "doubled_batch_division": {"factor_too_much"},
    "factor_2": {"factor_missing", "factor_too_much"},
    "transposed_weight_gradient": {"not_transposed"},
    # Not summed: the mean is the sum divided by the batch size, and one sample is not all of them.
    "biases_not_summed": {"another_function", "part"},
    "accumulated": {"added_not_assigned"},
    "wrong_stored_input": {"another_array", "condition"},
    "gradient_passed_before_multiplication": {"another_array"},
    "looped_in_forward_order": {"order"},
    "updated_weights": {"step_too_early"},
}


def test_ten_of_twenty_are_wrong():
    answers = [answer for path, answer in STRANGERS if path.parent == FOLDER]
    assert len(answers) == 20
    assert sum(not answer["right"] for answer in answers) == 10


def test_every_mistake_of_the_list_is_among_them():
    assert {answer["mistake"] for _, answer in STRANGERS} == {None, *NAMES}


@pytest.mark.parametrize(("path", "answer"), SOME, ids=[path.stem for path, _ in SOME])
def test_a_strangers_layer(path, answer):
    report = check(f"{path}:{FACTORIES.get(path.name, answer['class'])}")
    assert report.ok == answer["right"], str(report)
    if answer["right"]:
        assert not report.findings
    else:
        assert {finding.name for finding in report.findings} <= NAMES[answer["mistake"]], str(report)
