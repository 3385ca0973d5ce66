"""What the report looks like, and what it is for machines."""

import json
from functools import cache

import numpy as np
import pytest

from micrograd_bp.checks import CannotCheck, check, check_layer
from micrograd_bp.checks.report.report import ArrayResult, Report
from micrograd_bp.engine import GradientError
from tests.checks.planted import layer
from tests.checks.styles import STYLES
from tests.checks.test_mistakes import D_BIASES, D_INPUTS, D_Z

WRONG = (D_Z, "d_z = d_output * slope(self.output)")


@cache
def report_of_wrong(hint=0):
    """The report that several tests read."""
    return check_layer(layer(WRONG), hint=hint)


def test_ends_in_the_line_to_look_at_and_what_it_should_be():
    look, wrong, right, mended = str(report_of_wrong()).splitlines()[-4:]
    assert (look, right) == ("Look at this line:", "All is right with:")
    assert wrong.endswith(WRONG[1])
    assert mended.endswith(WRONG[0])


@pytest.mark.parametrize("style", STYLES)
def test_fits_into_80_columns(style):
    report = check_layer(style(4, 3, "tanh", np.random.default_rng(0)))
    assert max(map(len, str(report).splitlines())) < 80


def test_shows_both_numbers_and_their_ratio():
    report = check_layer(layer((D_BIASES, "self.d_biases = 2 * d_z.sum(axis=0)")))
    (result,) = [result for result in report.arrays if not result.ok]
    assert result.n_wrong == result.n_entries == 3
    assert result.found == pytest.approx(2 * result.right)
    assert result.ratio == pytest.approx(2)
    (row,) = [line for line in str(report).splitlines() if line.startswith("d_biases ")]
    assert row.split()[-3:] == [f"{result.found:.4g}", f"{result.right:.4g}", f"{result.ratio:.4g}"]


def test_long_names_stand_apart_from_what_is_said_of_them():
    rows = (
        ArrayResult("layers[1].d_weights", "d_weights", True, n_entries=9),
        ArrayResult("layers[1].d_biases", "d_biases", False, 1, 3, (2,), 2.0, 1.0),
    )
    text = str(Report("a network", False, rows))
    assert "\nlayers[1].d_weights all 9 right\n" in text
    assert "\nlayers[1].d_biases  1 of 3: d_biases[2]" in text
    assert max(map(len, text.splitlines())) < 80


def test_only_the_wrong_entry_is_counted():
    report = check_layer(layer((D_BIASES, "self.d_biases = d_z.sum(axis=0)\nself.d_biases[1] += 1.0")))
    (result,) = [result for result in report.arrays if not result.ok]
    assert (result.n_wrong, result.where) == (1, (1,))


def test_says_what_was_taken_for_what():
    report = check_layer(layer(), names={"weights": "weights"})
    notes = dict(report.notes)
    assert "weights (gradient d_weights)" in notes["names"]
    assert "Values" in notes["compared"]


def test_json():
    report = json.loads(json.dumps(report_of_wrong().to_json(), allow_nan=False))
    assert report["ok"] is False
    assert report["findings"][0]["mistake"] == "another_array"
    assert report["findings"][0]["line"]["text"] == WRONG[1]
    assert [array["ok"] for array in report["arrays"]] == [False] * 3


def test_raises_if_asked_to():
    check_layer(layer(), raise_on_error=True)
    with pytest.raises(GradientError, match="stands where"):
        check_layer(layer(WRONG), raise_on_error=True)


def test_hints_rise():
    hints = [report_of_wrong(strength).hints for strength in range(4)]
    assert [len(each) for each in hints] == [0, 1, 2, 3]
    assert check_layer(layer(), hint=3).hints == ()


def test_a_report_with_hints_does_not_give_the_answer_away():
    plain, with_hint = (str(report_of_wrong(hint)) for hint in (0, 1))
    for answer in ("stands where", "Look at this line", WRONG[1], "All is right with"):
        assert answer in plain
        assert answer not in with_hint
    assert "Hint 1: start with dL/dz" in with_hint
    assert "named in a report without hints" in with_hint
    assert "without hints" not in str(check_layer(layer(), hint=1))


def test_an_argument_that_is_changed_is_remarked():
    report = check_layer(layer((D_Z, "d_output *= slope(self.z)\nd_z = d_output")))
    assert report.ok
    assert "writes into the array" in str(report)


class Kernel:
    """Names that nobody would guess."""

    def __init__(self):
        self.stuff = np.ones((4, 3))

    def run(self, x):
        self.seen = x
        return x @ self.stuff

    def learn(self, d_output):
        self.news = self.seen.T @ d_output
        return d_output @ self.stuff.T


def test_names_can_be_given():
    with pytest.raises(CannotCheck, match="forward=NAME"):
        check_layer(Kernel())
    names = {"forward": "run", "backward": "learn", "weights": "stuff", "d_weights": "news"}
    report = check_layer(Kernel(), names=names)
    assert report.ok
    assert len(report.arrays) == 2
    with pytest.raises(CannotCheck, match="stufff"):
        check_layer(Kernel(), names={**names, "weights": "stufff"})


@pytest.mark.parametrize(
    ("forward", "source"),
    [
        ("pass", "their own forward, run on Values"),
        ("self.output = np.linalg.solve(np.eye(3), self.output.T).T", "finite differences"),
    ],
)
def test_where_the_right_numbers_come_from(forward, source):
    assert source in dict(check_layer(layer(forward=forward)).notes)["compared"]


def test_backward_that_raises():
    report = check_layer(layer((D_INPUTS, "raise KeyError('weights')")))
    assert not report.ok
    (finding,) = report.findings
    assert "KeyError: 'weights'" in finding.words
    assert finding.line.text == "raise KeyError('weights')"


@pytest.mark.parametrize(
    ("forward", "message"),
    [
        ("self.output = None; return None", "returns nothing"),
        ("raise RuntimeError('no')", "RuntimeError: no"),
        ("return self.output * np.nan", "nan or inf"),
        ("return self.output * (np.random.SeedSequence().entropy % 10**9)", "another output each time"),
    ],
)
def test_forward_that_cannot_be_checked(forward, message):
    with pytest.raises(CannotCheck, match=message):
        check_layer(layer(forward=forward))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"d_output": np.ones((2, 3))}, "none are given"),
        ({"inputs": np.ones((2, 4)), "d_output": np.ones((3, 2))}, "and the output has"),
        ({"inputs": np.ones((2, 5))}, "hand some over"),
        ({"samples": "diagonal"}, "rows, columns, single, column, row, got 'diagonal'"),
        ({"names": {"d_kernel": "news"}}, "there is no array kernel, news after backward"),
    ],
)
def test_what_does_not_go_with_a_layer_is_refused(options, says):
    with pytest.raises(CannotCheck, match=says):
        check_layer(layer(), **options)


def test_more_inputs_than_a_forward_takes_are_refused():
    with pytest.raises(CannotCheck, match="takes inputs, and 2 inputs are given"):
        check(layer(), inputs=[np.ones((2, 4)), np.ones((2, 4))])
