"""Every usual mistake, planted, is caught and named, at the arrays that it spoils and at the line that makes it."""

import numpy as np
import pytest

from micrograd_bp.checks import check_layer
from tests.checks.planted import RIGHT, layer
from tests.counts import count

D_Z, D_WEIGHTS, D_BIASES, D_INPUTS = RIGHT.splitlines()
ALL = ["d_inputs", "d_weights", "d_biases"]
SQUARE = {"sizes": (4, 4)}

# name, the changed lines, the arrays that are wrong, and how else the layer differs
PLANTED = [
    ("another_array", [(D_Z, "d_z = d_output * slope(self.output)")], ALL, {}),
    ("another_array", [(D_Z, "d_z = d_output * slope(self.output)")], ALL, {"activation": "tanh"}),
    ("another_array", [(D_Z, "d_z = d_output * self.z * (1 - self.z)")], ALL, {}),
    ("another_array", [(D_Z, "d_z = d_output * (1 - self.z**2)")], ALL, {"activation": "tanh"}),
    ("factor_missing", [(D_Z, "d_z = d_output")], ALL, {}),
    ("factor_missing", [(D_Z, "d_z = d_output")], ALL, {"activation": "relu"}),
    ("another_array", [(D_INPUTS, "return d_output @ self.weights.T")], ["d_inputs"], {}),
    ("another_array", [(D_WEIGHTS, "self.d_weights = self.inputs.T @ d_output")], ["d_weights"], {}),
    ("another_array", [(D_Z, "d_z = d_output * (d_output > 0)")], ALL, {"activation": "relu"}),
    ("factor_too_much", [(D_Z, "d_z = d_output * slope(self.z) * slope(self.z)")], ALL, {}),
    ("operator", [(D_Z, "d_z = d_output + slope(self.z)")], ALL, {}),
    ("factor_missing", [(D_Z, "d_z = d_output * self.output")], ALL, {}),
    ("factor_missing", [(D_Z, "d_z = d_output * (1 - self.output)")], ALL, {"activation": "tanh"}),
    ("another_derivative", [(D_Z, "d_z = d_output * self.output * (1 - self.output)")], ALL, {"activation": "tanh"}),
    ("another_array", [(D_Z, "d_z = d_output * slope(self.inputs)")], ALL, SQUARE),
    ("factor_too_much", [(D_Z, "d_z = d_output * slope(self.z) / len(d_output)")], ALL, {}),
    ("another_function", [(D_BIASES, "self.d_biases = d_z.mean(axis=0)")], ["d_biases"], {}),
    ("factor_too_much", [(D_Z, "d_z = d_output * slope(self.z) * len(d_output)")], ALL, {}),
    ("factor_too_much", [(D_Z, "d_z = 2 * d_output * slope(self.z)")], ALL, {}),
    ("factor_too_much", [(D_Z, "d_z = d_output * slope(self.z) / 2")], ALL, {}),
    ("sign", [(D_Z, "d_z = -d_output * slope(self.z)")], ALL, {}),
    ("not_transposed", [(D_WEIGHTS, "self.d_weights = d_z.T @ self.inputs")], ["d_weights"], {}),
    ("not_transposed", [(D_WEIGHTS, "self.d_weights = d_z.T @ self.inputs")], ["d_weights"], SQUARE),
    ("not_summed", [(D_BIASES, "self.d_biases = d_z")], ["d_biases"], {}),
    ("axis", [(D_BIASES, "self.d_biases = d_z.sum(axis=1)")], ["d_biases"], {}),
    ("axis", [(D_BIASES, "self.d_biases = np.sum(d_z)")], ["d_biases"], {}),
    ("part", [(D_BIASES, "self.d_biases = d_z[-1]")], ["d_biases"], {}),
    ("added_not_assigned", [(D_WEIGHTS, "self.d_weights += self.inputs.T @ d_z")], ["d_weights"], {}),
    ("added_not_assigned", [(D_BIASES, "self.d_biases += d_z.sum(axis=0)")], ["d_biases"], {}),
    ("another_array", [(D_WEIGHTS, "self.d_weights = self.output.T @ d_z")], ["d_weights"], SQUARE),
    (
        "call_too_much",
        [(D_BIASES, "self.d_biases = d_z.sum(axis=0).astype(int)")],
        ["d_biases"],
        {"activation": "linear"},
    ),
    ("zero", [(D_WEIGHTS, "d_weights = self.inputs.T @ d_z")], ["d_weights"], {}),
    ("factor_missing", [(D_INPUTS, "return d_z")], ["d_inputs"], {}),
    ("not_transposed", [(D_INPUTS, "return d_z @ self.weights")], ["d_inputs"], SQUARE),
    (
        "step_too_early",
        [(D_INPUTS, "self.weights -= self.lr * self.d_weights\nreturn d_z @ self.weights.T")],
        ["d_inputs"],
        {},
    ),
    ("returns_nothing", [(D_INPUTS, "d_z @ self.weights.T")], ["d_inputs"], {}),
]


@pytest.mark.parametrize(("name", "changes", "arrays", "options"), PLANTED[:: count(5, 1)])
def test_a_planted_mistake_is_named(name, changes, arrays, options):
    report = check_layer(layer(*changes, **options))
    assert [result.role for result in report.arrays if not result.ok] == arrays
    assert [finding.name for finding in report.findings] == [name], str(report)
    (finding,) = report.findings
    assert list(finding.roles) == arrays
    assert finding.line is not None
    if name not in ("returns_nothing", "zero"):
        assert finding.line.text in changes[0][1].splitlines()


def test_stale_input():
    changed = layer(
        (D_WEIGHTS, "self.d_weights = self.first.T @ d_z"), forward="self.first = getattr(self, 'first', inputs)"
    )
    report = check_layer(changed)
    (finding,) = report.findings
    assert finding.becomes == "self.d_weights = self.inputs.T @ d_z"


def test_two_mistakes_are_both_named():
    mean = (D_BIASES, "self.d_biases = d_z.mean(axis=0)")
    report = check_layer(
        layer((D_WEIGHTS, "self.d_weights = d_z.T @ self.inputs"), (D_INPUTS, "return d_output @ self.weights.T"))
    )
    assert {finding.name: finding.roles for finding in report.findings} == {
        "not_transposed": ("d_weights",),
        "another_array": ("d_inputs",),
    }
    report = check_layer(layer((D_WEIGHTS, "self.d_weights = 2 * self.inputs.T @ d_z"), mean))
    assert {finding.name: finding.roles for finding in report.findings} == {
        "factor_too_much": ("d_weights",),
        "another_function": ("d_biases",),
    }


def test_a_derivative_after_the_weights_is_caught_without_a_name():
    report = check_layer(layer((D_INPUTS, "return (d_output @ self.weights.T) * slope(self.z)"), **SQUARE))
    assert [result.role for result in report.arrays if not result.ok] == ["d_inputs"]


@pytest.mark.parametrize(
    ("activation", "change"),
    [("linear", "d_z = d_output"), ("relu", "d_z = d_output * slope(self.output)")],
)
def test_what_has_no_effect_is_no_mistake(activation, change):
    assert check_layer(layer((D_Z, change), activation=activation)).ok


def test_a_mistake_of_nobody_is_caught_without_a_name():
    line = "d_z = d_output * np.cbrt(slope(self.z) + self.z**2)"
    report = check_layer(layer((D_Z, line)))
    assert not report.ok
    (finding,) = report.findings
    assert finding.name == ""
    assert "look there first" in finding.words
    assert finding.line.text == line


def test_what_is_right_for_one_sample_alone_is_said():
    """With biases of the shape (1, 3) nobody can tell whether batches are meant."""
    alone = layer((D_BIASES, "self.d_biases = d_z"))
    alone.biases = np.zeros((1, 3))
    report = check_layer(alone)
    assert report.ok
    assert "on a batch d_biases would still have to be summed" in " ".join(report.remarks)
    assert not check_layer(layer()).remarks


def test_an_activation_that_is_handed_over_says_nothing_any_more():
    with pytest.warns(DeprecationWarning, match="has no effect any more"):
        assert check_layer(layer(), activation="sigmoid").ok
