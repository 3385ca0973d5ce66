"""The yardstick is right: what is written by hand agrees with the matrix implementation and with the eager engine."""

from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import planted  # noqa: F401  # adds where `benchmarks` is to the path
import pytest
from small import SMALL

from micrograd_bp.matrix import MLP, DenseLayer, softmax_cross_entropy, softmax_cross_entropy_gradient

networks = import_module("benchmarks.compiled.by_hand_networks")
processes = import_module("benchmarks.processes")
suite = import_module("benchmarks.compiled.run")


@pytest.mark.parametrize("key", SMALL)
def test_by_hand_agrees_with_the_eager_engine(key: str) -> None:
    module: Any = suite.WORKS[key].module
    problem = module.problem(**SMALL[key])
    contenders = module.WORKLOAD.contenders
    by_hand = contenders["by hand"](problem)
    expected = contenders["micrograd_bp eager"](problem)()
    processes.check_agreement(key, "eager", [expected], "by hand", [by_hand.outcome(by_hand.run())])


@pytest.fixture(params=[[2, 16, 16, 1], [64, 64, 10], [5, 3]], ids=str)
def layers(request: pytest.FixtureRequest) -> Any:
    rng = np.random.default_rng(10)
    sizes = request.param
    return [(rng.normal(size=(nin, nout)) / nin**0.5, rng.normal(size=nout)) for nin, nout in pairwise(sizes)]


def matrix_network(layers: Any) -> MLP:
    network = MLP()
    for place, (weights, biases) in enumerate(layers):
        layer = DenseLayer(*weights.shape, activation="linear" if place == len(layers) - 1 else "relu")
        layer.weights, layer.biases = weights, biases
        network.add_layer(layer)
    return network


def compare(gradients: Any, expected: Any) -> None:
    for (d_weights, d_biases), (expected_weights, expected_biases) in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(d_weights, expected_weights, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(d_biases, expected_biases, rtol=1e-12, atol=1e-15)


def test_cross_entropy_agrees_with_the_matrix_implementation(layers: Any) -> None:
    rng = np.random.default_rng(4)
    inputs = rng.normal(size=(7, len(layers[0][0])))
    targets = rng.dirichlet(np.ones(len(layers[-1][1])), size=7)
    network = matrix_network(layers)
    logits = network.forward(inputs)
    network.backward(softmax_cross_entropy_gradient(logits, targets))
    loss, gradients = networks.cross_entropy(layers, inputs, targets)
    assert loss == pytest.approx(softmax_cross_entropy(logits, targets), rel=1e-13)
    compare(gradients, [(layer.d_weights, layer.d_biases) for layer in network.layers])


def test_hinge_goes_back_through_the_layers_as_the_matrix_implementation_does(layers: Any) -> None:
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(9, len(layers[0][0])))
    labels = rng.choice([-1.0, 1.0], size=(9, len(layers[-1][1])))
    network = matrix_network(layers)
    margins = 1.0 - labels * network.forward(inputs)
    network.backward(np.where(margins > 0.0, -labels, 0.0) / 9)
    _, gradients = networks.hinge(layers, inputs, labels, 0.25)
    compare(
        gradients,
        [(layer.d_weights + 0.5 * layer.weights, layer.d_biases + 0.5 * layer.biases) for layer in network.layers],
    )


def test_inputs_and_parameters_are_left_alone(layers: Any) -> None:
    inputs = np.random.default_rng(2).normal(size=(3, len(layers[0][0])))
    targets = np.eye(len(layers[-1][1]))[[0, 0, 0]]
    before = [each.copy() for each in (inputs, targets, *(p for layer in layers for p in layer))]
    first, again = (networks.cross_entropy(layers, inputs, targets)[0] for _ in range(2))
    assert first == again
    for each, copied in zip((inputs, targets, *(p for layer in layers for p in layer)), before, strict=True):
        np.testing.assert_array_equal(each, copied)
