"""Every usual mistake, planted, is caught and named, at the arrays that it spoils and at the line that makes it."""

import numpy as np
import pytest

from micrograd_bp.checks import check_layer
from micrograd_bp.checks.dense import Dense, backward
from micrograd_bp.checks.mistakes import MISTAKES
from micrograd_bp.matrix import ACTIVATIONS
from tests.checks.planted import RIGHT, layer

D_Z, D_WEIGHTS, D_BIASES, D_INPUTS = RIGHT.splitlines()
ALL = ["d_weights", "d_biases", "d_inputs"]
SQUARE = {"sizes": (4, 4)}

# name, the changed lines, the arrays that are wrong, and how else the layer differs
PLANTED = [
    ("derivative_at_output", [(D_Z, "d_z = d_output * slope(self.output)")], ALL, {}),
    ("derivative_at_output", [(D_Z, "d_z = d_output * slope(self.output)")], ALL, {"activation": "tanh"}),
    ("output_formula_at_z", [(D_Z, "d_z = d_output * self.z * (1 - self.z)")], ALL, {}),
    ("output_formula_at_z", [(D_Z, "d_z = d_output * (1 - self.z**2)")], ALL, {"activation": "tanh"}),
    ("forgotten_derivative", [(D_Z, "d_z = d_output")], ALL, {}),
    ("forgotten_derivative", [(D_Z, "d_z = d_output")], ALL, {"activation": "relu"}),
    ("forgotten_derivative", [(D_INPUTS, "return d_output @ self.weights.T")], ["d_inputs"], {}),
    ("forgotten_derivative", [(D_WEIGHTS, "self.d_weights = self.inputs.T @ d_output")], ["d_weights"], {}),
    ("derivative_at_gradient", [(D_Z, "d_z = d_output * (d_output > 0)")], ALL, {"activation": "relu"}),
    ("derivative_twice", [(D_Z, "d_z = d_output * slope(self.z) * slope(self.z)")], ALL, {}),
    ("derivative_added", [(D_Z, "d_z = d_output + slope(self.z)")], ALL, {}),
    ("activation_for_derivative", [(D_Z, "d_z = d_output * self.output")], ALL, {}),
    ("one_minus_output", [(D_Z, "d_z = d_output * (1 - self.output)")], ALL, {"activation": "tanh"}),
    ("formula_of_sigmoid", [(D_Z, "d_z = d_output * self.output * (1 - self.output)")], ALL, {"activation": "tanh"}),
    ("derivative_at_inputs", [(D_Z, "d_z = d_output * slope(self.inputs)")], ALL, SQUARE),
    ("divided_by_batch_size", [(D_Z, "d_z = d_output * slope(self.z) / len(d_output)")], ALL, {}),
    ("divided_by_batch_size", [(D_BIASES, "self.d_biases = d_z.mean(axis=0)")], ["d_biases"], {}),
    ("multiplied_by_batch_size", [(D_Z, "d_z = d_output * slope(self.z) * len(d_output)")], ALL, {}),
    ("factor_2", [(D_Z, "d_z = 2 * d_output * slope(self.z)")], ALL, {}),
    ("factor_half", [(D_Z, "d_z = d_output * slope(self.z) / 2")], ALL, {}),
    ("sign", [(D_Z, "d_z = -d_output * slope(self.z)")], ALL, {}),
    ("transposed", [(D_WEIGHTS, "self.d_weights = d_z.T @ self.inputs")], ["d_weights"], {}),
    ("transposed", [(D_WEIGHTS, "self.d_weights = d_z.T @ self.inputs")], ["d_weights"], SQUARE),
    ("biases_not_summed", [(D_BIASES, "self.d_biases = d_z")], ["d_biases"], {}),
    ("biases_summed_over_neurons", [(D_BIASES, "self.d_biases = d_z.sum(axis=1)")], ["d_biases"], {}),
    ("biases_summed_over_everything", [(D_BIASES, "self.d_biases = np.sum(d_z)")], ["d_biases"], {}),
    ("biases_of_last_sample", [(D_BIASES, "self.d_biases = d_z[-1]")], ["d_biases"], {}),
    ("accumulated", [(D_WEIGHTS, "self.d_weights += self.inputs.T @ d_z")], ["d_weights"], {}),
    ("accumulated", [(D_BIASES, "self.d_biases += d_z.sum(axis=0)")], ["d_biases"], {}),
    ("output_for_inputs", [(D_WEIGHTS, "self.d_weights = self.output.T @ d_z")], ["d_weights"], SQUARE),
    (
        "whole_numbers",
        [(D_BIASES, "self.d_biases = d_z.sum(axis=0).astype(int)")],
        ["d_biases"],
        {"activation": "linear"},
    ),
    ("zero", [(D_WEIGHTS, "d_weights = self.inputs.T @ d_z")], ["d_weights"], {}),
    ("inputs_without_weights", [(D_INPUTS, "return d_z")], ["d_inputs"], {}),
    ("gradient_handed_through", [(D_INPUTS, "return d_output")], ["d_inputs"], {}),
    ("inputs_with_weights_not_transposed", [(D_INPUTS, "return d_z @ self.weights")], ["d_inputs"], SQUARE),
    (
        "derivative_after_weights",
        [(D_INPUTS, "return (d_output @ self.weights.T) * slope(self.z)")],
        ["d_inputs"],
        SQUARE,
    ),
    (
        "inputs_with_updated_weights",
        [(D_INPUTS, "self.weights -= self.lr * self.d_weights\nreturn d_z @ self.weights.T")],
        ["d_inputs"],
        {},
    ),
    ("returns_nothing", [(D_INPUTS, "d_z @ self.weights.T")], ["d_inputs"], {}),
]


@pytest.mark.parametrize(("name", "changes", "arrays", "options"), PLANTED)
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
    assert finding.name == "earlier_inputs"


def test_two_mistakes_are_both_named():
    mean = (D_BIASES, "self.d_biases = slope(self.z).mean(axis=0)")
    report = check_layer(layer((D_WEIGHTS, "self.d_weights = d_z.T @ self.inputs"), (D_INPUTS, "return d_output")))
    assert {finding.name: finding.roles for finding in report.findings} == {
        "transposed": ("d_weights",),
        "gradient_handed_through": ("d_inputs",),
    }
    report = check_layer(layer((D_WEIGHTS, "self.d_weights = 2 * self.inputs.T @ d_z"), mean))
    assert {finding.name: finding.roles for finding in report.findings} == {
        "factor_2": ("d_weights",),
        "derivative_alone+divided_by_batch_size": ("d_biases",),
    }


def test_mistakes_that_look_alike_are_both_named():
    """With a linear layer dL/dz is dL/d(output): which of the two is passed on cannot be told."""
    report = check_layer(layer((D_INPUTS, "return d_output"), activation="linear"))
    (finding,) = report.findings
    assert {finding.words, *finding.also} >= {
        "the multiplication with the weights is missing: dL/dz itself is passed on",
        "dL/d(output) is passed on as it came",
    }


@pytest.mark.parametrize(
    ("activation", "change"),
    [("linear", "d_z = d_output"), ("relu", "d_z = d_output * slope(self.output)")],
)
def test_a_mistake_without_effect_cannot_be_seen(activation, change):
    report = check_layer(layer((D_Z, change), activation=activation))
    assert report.ok
    assert report.unseen
    assert "Would not show here" in str(report)


def test_a_mistake_of_nobody_is_caught_without_a_name():
    report = check_layer(layer((D_Z, "d_z = d_output * slope(self.z) ** 1.5")))
    assert not report.ok
    (finding,) = report.findings
    assert finding.name == ""
    assert "dL/dz" in finding.words
    assert finding.line.text == "d_z = d_output * slope(self.z) ** 1.5"


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_every_entry_of_the_table_is_a_mistake(mistake):
    """For at least one activation it gives other numbers than the right backward pass does."""
    rng = np.random.default_rng(0)
    inputs, weights, d_output = rng.normal(size=(3, 4)), rng.normal(size=(4, 4)), rng.normal(size=(3, 4))
    differs = False
    for name, (activation, derivative) in ACTIVATIONS.items():
        z = inputs @ weights + 0.3
        dense = Dense(inputs, weights, z, activation(z), activation, derivative, name)
        dense = dense._replace(earlier=dense._replace(inputs=-inputs, z=-z), changed=0.5 * weights)
        right = backward(dense, d_output)
        for role, array in mistake.backward(dense, d_output).items():
            differs = differs or np.shape(array) != right[role].shape or not np.allclose(array, right[role])
    assert differs
