"""Whole networks, with layers as objects or with W1, b1, W2, b2: the mistakes of the loop, and those inside it."""

import itertools

import numpy as np
import pytest

from micrograd_bp.checks import check_loss, check_network
from micrograd_bp.engine import GradientError
from micrograd_bp.matrix import MLP, DenseLayer
from tests.counts import count


def network(backward, sizes=(3, 3, 3, 3), layer=DenseLayer):
    """A network of layers with somebody's backward."""

    class Network(MLP):
        pass

    Network.backward = backward
    rng = np.random.default_rng(0)
    pairs = list(itertools.pairwise(sizes))
    return Network(layer(n, m, "linear" if i == len(pairs) - 1 else "tanh", rng=rng) for i, (n, m) in enumerate(pairs))


def right(self, gradient):
    for layer in reversed(self.layers):
        gradient = layer.backward(gradient)
    return gradient


def forward_order(self, gradient):
    for layer in self.layers:
        gradient = layer.backward(gradient)
    return gradient


def not_passed_on(self, gradient):
    for layer in reversed(self.layers):
        returned = layer.backward(gradient)
    return returned


def first_left_out(self, gradient):
    for layer in reversed(self.layers[1:]):
        gradient = layer.backward(gradient)
    return gradient


def returns_its_argument(self, gradient):
    passed = gradient
    for layer in reversed(self.layers):
        passed = layer.backward(passed)
    return gradient


def doubled(self, gradient):
    return right(self, 2.0 * gradient)


def divided(self, gradient):
    return right(self, gradient / len(gradient))


def test_right():
    report = check_network(network(right, (3, 5, 4, 2)))
    assert report.ok
    assert len(report.arrays) == 7


@pytest.mark.parametrize(
    ("backward", "name"),
    [
        (forward_order, "order"),
        (not_passed_on, "not_passed_on"),
        (returns_its_argument, "another_array"),
        (doubled, "factor_too_much"),
        (divided, "factor_too_much"),
    ],
)
def test_a_wrong_loop_is_named(backward, name):
    report = check_network(network(backward))
    assert not report.ok
    assert [finding.name for finding in report.findings] == [name], str(report)
    assert any("each layer alone is right" in remark for remark in report.remarks)


def test_a_layer_left_out_has_no_gradient():
    report = check_network(network(first_left_out))
    assert report.missing == ("layers[0].weights", "layers[0].biases")
    assert [result.role for result in report.arrays if not result.ok] == ["d_inputs"]
    assert [finding.becomes for finding in report.findings] == ["for layer in reversed(self.layers):"]


def test_where_the_forward_order_raises_its_line_is_shown():
    """Layers of different sizes do not fit together in the wrong order."""
    report = check_network(network(forward_order, (3, 5, 4, 2)))
    (finding,) = report.findings
    assert finding.name == "raises"
    assert finding.line.text == "gradient = layer.backward(gradient)"


class DerivativeAtOutput(DenseLayer):
    def backward(self, d_output):
        d_z = d_output * self.activation_derivative(self.output)
        self.d_weights, self.d_biases = self.inputs.T @ d_z, d_z.sum(axis=0)
        return d_z @ self.weights.T


def test_a_mistake_inside_a_layer_is_found_in_that_layer():
    report = check_network(network(right, (3, 4, 2), DerivativeAtOutput))
    (finding,) = report.findings
    assert finding.becomes == "d_z = d_output * self.activation_derivative(self.z)"
    assert "layers[0]" in finding.words
    assert finding.line.text == "d_z = d_output * self.activation_derivative(self.output)"


class TwoLayers:
    """Without layers: W1, b1, W2, b2."""

    wrong = ""

    def __init__(self):
        rng = np.random.default_rng(1)
        self.W1, self.b1 = rng.normal(size=(4, 4)), np.zeros(4)
        self.W2, self.b2 = rng.normal(size=(4, 2)), np.zeros(2)

    def forward(self, x):
        self.x = x
        self.h = np.tanh(x @ self.W1 + self.b1)
        return self.h @ self.W2 + self.b2

    def backward(self, d_output):
        self.dW2 = (self.x if self.wrong == "inputs_of_network" else self.h).T @ d_output
        self.db2 = d_output.sum(axis=0)
        if self.wrong == "inputs_with_updated_weights":
            self.W2 = self.W2 - 0.3 * self.dW2
        d_h = d_output @ self.W2.T
        d_z = d_h if self.wrong == "forgotten_derivative" else d_h * (1.0 - self.h**2)
        self.dW1 = self.x.T @ d_z
        self.db1 = d_z.sum(axis=0)
        return d_z @ self.W1.T


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ("inputs_of_network", "mask_inverted"),
        ("inputs_with_updated_weights", "term_too_much"),
        ("forgotten_derivative", "mask_inverted"),
    ],
)
def test_arrays_with_numbers(wrong, name):
    made = TwoLayers()
    assert check_network(made).ok
    made.wrong = wrong
    assert [finding.name for finding in check_network(made).findings] == [name]


class HalfMse:
    """(prediction - target)² / 2, averaged over the samples."""

    wrong = False

    def forward(self, prediction, target):
        self.error = prediction - target
        return 0.5 * np.sum(self.error**2) / len(self.error)

    def backward(self):
        return self.error if self.wrong else self.error / len(self.error)


def test_a_loss_of_ones_own_is_checked_too():
    report = check_network(network(right), loss=HalfMse())
    assert report.ok
    wrong = HalfMse()
    wrong.wrong = True
    report = check_network(network(right), loss=wrong)
    assert not report.ok
    assert [finding.name for finding in report.findings] == ["factor_missing"]
    assert report.headline == "Network: the loss, HalfMse, alone, is wrong."
    assert "backward does not run" not in str(report)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda error: 2.0 * error / len(error), ""),
        (lambda error: error / len(error), "factor_missing"),
        (lambda error: 2.0 * error, "factor_missing"),
        (lambda error: 2.0 * error / len(error) ** 2, "operand_too_much"),
        (lambda error: 2.0 * error / error.size, "factor_missing"),
        (lambda error: -2.0 * error / len(error), "sign"),
        (lambda error: error, "factor_missing"),
    ][:: count(2, 1)],
)
def test_mse(change, name):
    class Mse:
        def forward(self, prediction, target):
            self.error = prediction - target
            return np.sum(self.error**2) / len(self.error)

        def backward(self):
            return change(self.error)

    report = check_loss(Mse())
    assert report.ok == (name == "")
    assert [finding.name for finding in report.findings] == [name][: not report.ok]


def test_raises_if_asked_to():
    with pytest.raises(GradientError, match="Network: d_inputs wrong"):
        check_network(network(first_left_out), raise_on_error=True)
