"""No false alarm: right layers of all styles, shapes and activations."""

import itertools
import random

import numpy as np
import pytest

from micrograd_bp.checks import check_layer, check_network
from micrograd_bp.matrix import ACTIVATIONS as MATRIX_ACTIVATIONS
from micrograd_bp.matrix import MLP, DenseLayer
from tests.checks.styles import ACTIVATIONS, STYLES, Columns, Loops, NoBias, SinglePrecision, SingleSample, TakesTheStep
from tests.counts import count

EACH = count(5, 30)


@pytest.mark.parametrize("style", STYLES)
def test_no_false_alarm(style):
    for seed in range(EACH):
        rng = np.random.default_rng([seed, STYLES.index(style)])
        activation = list(ACTIVATIONS)[rng.integers(len(ACTIVATIONS))]
        largest = 3 if style in (Loops, SinglePrecision) else 6  # finite differences take their time
        n_inputs, n_outputs = rng.integers(1, largest + 1, 2)
        layer = style(n_inputs, n_outputs, activation, rng)
        inputs = None
        if seed % 3 == 0:  # on data of one's own as well, of any batch size
            inputs = rng.normal(size=(rng.integers(1, 9), n_inputs))
            inputs = inputs.T if style in (Columns, TakesTheStep) else inputs
            inputs = inputs[0] if style is SingleSample else inputs
        report = check_layer(layer, inputs)
        assert report.ok, f"seed {seed}, {activation}, {n_inputs} inputs, {n_outputs} outputs\n{report}"
        # Right because it was looked at: inputs, weights and biases, in every entry.
        assert len(report.arrays) == (2 if style is NoBias else 3)
        assert n_inputs * n_outputs in {result.n_entries for result in report.arrays}


@pytest.mark.parametrize("activation", MATRIX_ACTIVATIONS)
def test_our_own_layers_are_right(activation):
    assert check_layer(DenseLayer(3, 2, activation)).ok


def test_our_own_networks_are_right():
    rng = np.random.default_rng(0)
    for sizes in ((3, 4, 2), (2, 5, 4, 1), (4, 4, 4)):
        network = MLP(DenseLayer(n, m, "tanh", rng=rng) for n, m in itertools.pairwise(sizes))
        assert check_network(network).ok
        inputs, targets = rng.normal(size=(6, sizes[0])), np.eye(sizes[-1])[rng.integers(sizes[-1], size=6)]
        assert check_network(network, inputs, targets, "softmax_cross_entropy").ok


def test_the_object_stays_as_it_was():
    layer = TakesTheStep(4, 3, "tanh", np.random.default_rng(0))
    before = {name: np.array(value) for name, value in vars(layer).items() if isinstance(value, np.ndarray)}
    names = set(vars(layer))
    assert check_layer(layer).ok
    assert set(vars(layer)) == names
    assert all(np.array_equal(vars(layer)[name], value) for name, value in before.items())


def test_random_numbers_of_the_process_stay_where_they_were():
    """Also one that NumPy holds back, which draws normal numbers in pairs; and where each layer is checked alone."""

    def drawn(between):
        np.random.seed(3)
        random.seed(3)
        first = np.random.randn()
        between()
        return first, np.random.randn(), np.random.rand(), random.random()

    wrong = MLP([DenseLayer(3, 4, "tanh"), DenseLayer(4, 2)])
    wrong.backward = lambda gradient: wrong.layers[0].backward(wrong.layers[1].backward(2.0 * gradient))
    expected = drawn(lambda: None)
    assert drawn(lambda: check_layer(STYLES[-2](4, 3, "relu", np.random.default_rng(0)))) == expected
    assert drawn(lambda: check_network(wrong)) == expected


def test_a_kink_has_two_right_slopes():
    class AtTheKink:
        slope = 1.0

        def __init__(self):
            self.W, self.b = np.zeros((2, 2)), np.zeros(2)

        def forward(self, x):
            self.x, self.z = x, x @ self.W + self.b
            return np.maximum(0.0, self.z)

        def backward(self, d_output):
            d_z = d_output * np.where(self.z == 0, self.slope, self.z > 0)
            self.dW, self.db = self.x.T @ d_z, d_z.sum(axis=0)
            return d_z @ self.W.T

    layer = AtTheKink()
    for slope in (0.0, 0.5, 1.0):
        layer.slope = slope
        assert check_layer(layer, np.ones((1, 2))).ok
    layer.slope = 3.0
    assert not check_layer(layer, np.ones((1, 2))).ok
