"""The network against finite differences, its reverse loop, its step, and what it refuses."""

import re

import numpy as np
import pytest

from micrograd_bp.matrix import LOSSES, MLP, DenseLayer, mse, mse_gradient
from tests.problems.finite_differences import assert_gradient


def network_of(sizes, activations, seed):
    """A network with weights and biases of usual size."""
    rng = np.random.default_rng(seed)
    network = MLP()
    for n_inputs, n_neurons, activation in zip(sizes, sizes[1:], activations, strict=False):
        network.add_layer(DenseLayer(n_inputs, n_neurons, activation, init_scale=1.0, rng=rng))
        network.layers[-1].biases = rng.normal(size=n_neurons)
    return network


@pytest.mark.parametrize("loss_name", LOSSES)
@pytest.mark.parametrize(
    "activations",
    [
        ("linear",),
        ("relu", "linear"),
        ("tanh", "sigmoid", "softplus"),
        ("leaky_relu", "relu", "tanh", "linear"),
    ],
)
def test_every_gradient_is_that_of_finite_differences(activations, loss_name):
    """All weights, all biases, all inputs, through one to four layers."""
    sizes = [3, 4, 2, 5][: len(activations)]
    network = network_of([*sizes, 3], activations, seed=len(activations))
    loss, gradient = LOSSES[loss_name]
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(4, 3)), rng.dirichlet(np.ones(3), size=4)
    d_inputs = network.backward(gradient(network.forward(x), y))
    # No kink is near enough for a finite difference to step across it.
    assert min(np.abs(layer.z).min() for layer in network.layers) > 1e-3
    gradients = [(layer.d_weights, layer.d_biases) for layer in network.layers]

    def total():
        return loss(network.forward(x), y)

    assert_gradient(d_inputs, total, x)
    for layer, (d_weights, d_biases) in zip(network.layers, gradients, strict=True):
        assert_gradient(d_weights, total, layer.weights)
        assert_gradient(d_biases, total, layer.biases)


def test_forward_and_backward_pass_from_layer_to_layer():
    """The same as calling the layers one by one, forwards and then in reverse."""
    network = network_of([2, 3, 1], ["tanh", "linear"], seed=1)
    first, second = network.layers
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    prediction = network.forward(x)
    d_inputs = network.backward(np.ones((2, 1)))
    by_the_network = [prediction, d_inputs, first.d_weights, second.d_weights]

    prediction = second.forward(first.forward(x))
    d_inputs = first.backward(second.backward(np.ones((2, 1))))
    by_hand = [prediction, d_inputs, first.d_weights, second.d_weights]
    for a, b in zip(by_the_network, by_hand, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_lesson():
    """ReLU then linear: zeros where ReLU is off; too low a prediction has a negative gradient."""
    network = MLP([DenseLayer(1, 2, "relu"), DenseLayer(2, 1, "linear")])
    first, second = network.layers
    first.weights, second.weights = [[1.0, -1.0]], [[0.5], [0.5]]
    x, y = [[1.0], [2.0]], [[1.0], [1.5]]
    prediction = network.forward(x)
    assert prediction.tolist() == [[0.5], [1.0]]
    network.backward(mse_gradient(prediction, y))
    assert first.d_weights.tolist() == [[-0.75, 0.0]]  # neuron 1 is off for both samples
    assert second.d_biases.tolist() == [-1.0]
    before = mse(prediction, y)
    network.gradient_descent_step(lr=0.1)
    assert mse(network.forward(x), y) < before


def test_gradients_do_not_grow_with_the_batch():
    """Each sample ten times gives the same gradients of the parameters."""
    network = network_of([2, 3, 2], ["tanh", "linear"], seed=2)
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(4, 2)), rng.normal(size=(4, 2))
    gradients = []
    for copies in (1, 10):
        x_many, y_many = np.tile(x, (copies, 1)), np.tile(y, (copies, 1))
        network.backward(mse_gradient(network.forward(x_many), y_many))
        gradients.append([layer.d_weights for layer in network.layers])
    for once, often in zip(*gradients, strict=True):
        np.testing.assert_allclose(often, once, rtol=1e-12)


@pytest.mark.parametrize("reason", [KeyboardInterrupt, RuntimeError])
def test_a_step_is_taken_by_all_layers_or_by_none(reason, monkeypatch):
    """An interrupt or an error in the last layer puts the first ones back."""
    network = network_of([2, 3, 1], ["tanh", "linear"], seed=4)
    network.backward(mse_gradient(network.forward(np.ones((1, 2))), [[5.0]]))
    before = [(layer.weights.copy(), layer.biases.copy()) for layer in network.layers]

    def interrupted(lr):
        assert not np.array_equal(network.layers[0].weights, before[0][0])
        raise reason

    monkeypatch.setattr(network.layers[1], "gradient_descent_step", interrupted)
    with pytest.raises(reason):
        network.gradient_descent_step(0.1)
    for layer, (weights, biases) in zip(network.layers, before, strict=True):
        assert np.array_equal(layer.weights, weights)
        assert np.array_equal(layer.biases, biases)


FIRST, SECOND = "layers[0] DenseLayer(2, 3, 'tanh')", "layers[1] DenseLayer(3, 1, 'linear')"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda network: network.forward(np.ones((4, 3))),
            ValueError,
            FIRST + ": inputs: the shape is (4, 3), expected (N, 2)",
        ),
        (lambda network: network.forward(np.ones(2)), ValueError, "(2,), expected (N, 2)"),
        (
            lambda network: network.backward(np.ones((4, 1))),
            RuntimeError,
            SECOND + ": backward before forward",
        ),
        (
            lambda network: (network.forward(np.ones((4, 2))), network.backward(np.ones((1, 4)))),
            ValueError,
            SECOND + ": d_output: the shape is (1, 4), expected (4, 1)",
        ),
        (
            lambda network: network.gradient_descent_step(0.1),
            RuntimeError,
            FIRST + ": step before backward",
        ),
        (
            lambda network: network.add_layer(DenseLayer(2, 5, "relu")),
            ValueError,
            "layers[2] DenseLayer(2, 5, 'relu') takes 2 inputs, expected 1, the neurons of " + SECOND,
        ),
        (
            lambda network: network.add_layer(network.layers[0]),
            ValueError,
            FIRST + " is in this network already",
        ),
        (
            lambda network: network.add_layer(DenseLayer),
            TypeError,
            "layers[2] is <class 'micrograd_bp.matrix.dense_layer.DenseLayer'>, expected a Dense",
        ),
        (lambda network: MLP().forward(np.ones((1, 1))), RuntimeError, "call add_layer first"),
        (lambda network: MLP().backward(np.ones((1, 1))), RuntimeError, "call add_layer first"),
        (lambda network: MLP().gradient_descent_step(0.1), RuntimeError, "call add_layer first"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    """With a message that names the layer by its position."""
    network = MLP([DenseLayer(2, 3, "tanh"), DenseLayer(3, 1, "linear")])
    with pytest.raises(error, match=re.escape(message)):
        call(network)
