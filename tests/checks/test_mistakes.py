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
    ("derivative_at_output", [(D_Z, "d_z = d_output * slope(self.output)")], ALL, {}),
    ("derivative_at_output", [(D_Z, "d_z = d_output * slope(self.output)")], ALL, {"activation": "tanh"}),
    ("sigmoid_at_z", [(D_Z, "d_z = d_output * self.z * (1 - self.z)")], ALL, {}),
    ("tanh_at_z", [(D_Z, "d_z = d_output * (1 - self.z**2)")], ALL, {"activation": "tanh"}),
    ("forgotten_derivative", [(D_Z, "d_z = d_output")], ALL, {}),
    ("choice_left_out", [(D_Z, "d_z = d_output")], ALL, {"activation": "relu"}),
    ("forgotten_derivative", [(D_INPUTS, "return d_output @ self.weights.T")], ["d_inputs"], {}),
    ("forgotten_derivative", [(D_WEIGHTS, "self.d_weights = self.inputs.T @ d_output")], ["d_weights"], {}),
    ("mask_of_gradient", [(D_Z, "d_z = d_output * (d_output > 0)")], ALL, {"activation": "relu"}),
    ("derivative_twice", [(D_Z, "d_z = d_output * slope(self.z) * slope(self.z)")], ALL, {}),
    ("derivative_added", [(D_Z, "d_z = d_output + slope(self.z)")], ALL, {}),
    ("function_for_derivative", [(D_Z, "d_z = d_output * self.output")], ALL, {}),
    ("one_minus_output", [(D_Z, "d_z = d_output * (1 - self.output)")], ALL, {"activation": "tanh"}),
    ("derivative_of_sigmoid", [(D_Z, "d_z = d_output * self.output * (1 - self.output)")], ALL, {"activation": "tanh"}),
    ("derivative_at_inputs", [(D_Z, "d_z = d_output * slope(self.inputs)")], ALL, SQUARE),
    ("divided_by_batch_size", [(D_Z, "d_z = d_output * slope(self.z) / len(d_output)")], ALL, {}),
    ("divided_by_batch_size", [(D_BIASES, "self.d_biases = d_z.mean(axis=0)")], ["d_biases"], {}),
    ("multiplied_by_batch_size", [(D_Z, "d_z = d_output * slope(self.z) * len(d_output)")], ALL, {}),
    ("factor_2", [(D_Z, "d_z = 2 * d_output * slope(self.z)")], ALL, {}),
    ("factor_half", [(D_Z, "d_z = d_output * slope(self.z) / 2")], ALL, {}),
    ("sign", [(D_Z, "d_z = -d_output * slope(self.z)")], ALL, {}),
    ("transposed", [(D_WEIGHTS, "self.d_weights = d_z.T @ self.inputs")], ["d_weights"], {}),
    ("transposed", [(D_WEIGHTS, "self.d_weights = d_z.T @ self.inputs")], ["d_weights"], SQUARE),
    ("not_summed", [(D_BIASES, "self.d_biases = d_z")], ["d_biases"], {}),
    ("summed_over_another_axis", [(D_BIASES, "self.d_biases = d_z.sum(axis=1)")], ["d_biases"], {}),
    ("summed_over_everything", [(D_BIASES, "self.d_biases = np.sum(d_z)")], ["d_biases"], {}),
    ("last_counts", [(D_BIASES, "self.d_biases = d_z[-1]")], ["d_biases"], {}),
    ("accumulated", [(D_WEIGHTS, "self.d_weights += self.inputs.T @ d_z")], ["d_weights"], {}),
    ("accumulated", [(D_BIASES, "self.d_biases += d_z.sum(axis=0)")], ["d_biases"], {}),
    ("another_factor", [(D_WEIGHTS, "self.d_weights = self.output.T @ d_z")], ["d_weights"], SQUARE),
    (
        "whole_numbers",
        [(D_BIASES, "self.d_biases = d_z.sum(axis=0).astype(int)")],
        ["d_biases"],
        {"activation": "linear"},
    ),
    ("zero", [(D_WEIGHTS, "d_weights = self.inputs.T @ d_z")], ["d_weights"], {}),
    ("gradient_of_another", [(D_INPUTS, "return d_z")], ["d_inputs"], {}),
    ("gradient_of_another", [(D_INPUTS, "return d_output")], ["d_inputs"], {}),
    ("factor_not_transposed", [(D_INPUTS, "return d_z @ self.weights")], ["d_inputs"], SQUARE),
    (
        "factor_of_another_time",
        [(D_INPUTS, "self.weights -= self.lr * self.d_weights\nreturn d_z @ self.weights.T")],
        ["d_inputs"],
        {},
    ),
    ("returns_nothing", [(D_INPUTS, "d_z @ self.weights.T")], ["d_inputs"], {}),
]


@pytest.mark.parametrize(("name", "changes", "arrays", "options"), PLANTED[:: count(3, 1)])
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
    assert finding.name == "stale_factor"


def test_two_mistakes_are_both_named():
    mean = (D_BIASES, "self.d_biases = slope(self.z).mean(axis=0)")
    report = check_layer(layer((D_WEIGHTS, "self.d_weights = d_z.T @ self.inputs"), (D_INPUTS, "return d_output")))
    assert {finding.name: finding.roles for finding in report.findings} == {
        "transposed": ("d_weights",),
        "gradient_of_another": ("d_inputs",),
    }
    report = check_layer(layer((D_WEIGHTS, "self.d_weights = 2 * self.inputs.T @ d_z"), mean))
    assert {finding.name: finding.roles for finding in report.findings} == {
        "factor_2": ("d_weights",),
        "derivative_alone+divided_by_batch_size": ("d_biases",),
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
