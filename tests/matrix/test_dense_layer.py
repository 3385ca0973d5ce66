"""The layer against finite differences and by hand, and what it refuses."""

import copy
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_bp.matrix import ACTIVATIONS, DenseLayer, sigmoid, sigmoid_derivative
from tests.problems.finite_differences import assert_gradient


def layer_and_batch(activation, n_samples, n_inputs, n_neurons, seed):
    """A layer with weights and biases of usual size, inputs, and an upstream gradient."""
    rng = np.random.default_rng(seed)
    layer = DenseLayer(n_inputs, n_neurons, activation, init_scale=1.0, rng=rng)
    layer.biases = rng.normal(size=n_neurons)
    inputs = rng.normal(size=(n_samples, n_inputs))
    return layer, inputs, rng.normal(size=(n_samples, n_neurons))


def check_all_gradients(layer, inputs, d_output):
    """Of weights, biases, inputs. The loss is sum(output * d_output), so its gradient d_output."""
    layer.forward(inputs)
    d_inputs = layer.backward(d_output)

    def loss():
        z = inputs @ layer.weights + layer.biases
        return np.sum(layer.activation(z) * d_output)

    assert_gradient(layer.d_weights, loss, layer.weights)
    assert_gradient(layer.d_biases, loss, layer.biases)
    assert_gradient(d_inputs, loss, inputs)


@settings(deadline=None)
@given(
    st.sampled_from(sorted(ACTIVATIONS)),
    st.integers(1, 5),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 2**32),
)
def test_gradients_are_those_of_finite_differences(activation, n_samples, n_inputs, n_neurons, seed):
    """For every activation and any shape."""
    layer, inputs, d_output = layer_and_batch(activation, n_samples, n_inputs, n_neurons, seed)
    z = inputs @ layer.weights + layer.biases
    # Finite differences must not step across a kink: move each z away from 0 by its bias.
    while np.abs(z).min() < 1e-3:
        layer.biases += 0.01
        z = inputs @ layer.weights + layer.biases
    check_all_gradients(layer, inputs, d_output)


class ForgetsTheActivation(DenseLayer):
    """Takes dL/da for dL/dz."""

    def backward(self, d_output):
        """Without the derivative of the activation."""
        self.activation_derivative = np.ones_like
        return super().backward(d_output)


class AveragesTheBiases(DenseLayer):
    """Takes the mean where the sum is right."""

    def backward(self, d_output):
        """Divide where nothing is to be divided."""
        d_inputs = super().backward(d_output)
        self.d_biases = self.d_biases / len(d_output)
        return d_inputs


class ReturnsTheWrongSign(DenseLayer):
    """Right for itself, wrong for the layer before."""

    def backward(self, d_output):
        """Turn dL/d(inputs) around."""
        return -super().backward(d_output)


@pytest.mark.parametrize("faulty", [ForgetsTheActivation, AveragesTheBiases, ReturnsTheWrongSign])
def test_a_planted_fault_is_caught(faulty):
    """Otherwise the test above would show nothing."""
    layer, inputs, d_output = layer_and_batch("tanh", 3, 2, 4, seed=1)
    check_all_gradients(layer, inputs, d_output)
    layer.__class__ = faulty
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        check_all_gradients(layer, inputs, d_output)


def test_the_lesson():
    """Two inputs, three sigmoid neurons, one sample; each gradient from the chain rule by hand."""
    layer = DenseLayer(2, 3, rng=0)
    assert layer.activation is sigmoid
    assert layer.activation_derivative is sigmoid_derivative

    output = layer.forward([[0.5, -0.2]])
    np.testing.assert_allclose(output, 0.5, atol=0.05)  # weights near 0, and sigmoid(0) = 0.5
    np.testing.assert_array_equal(layer.inputs, [[0.5, -0.2]])
    np.testing.assert_allclose(layer.z, 0.5 * layer.weights[:1] - 0.2 * layer.weights[1:])
    np.testing.assert_array_equal(layer.output, output)

    d_inputs = layer.backward([[0.1, -0.2, 0.05]])
    d_z = np.array([0.1, -0.2, 0.05]) * output[0] * (1 - output[0])
    np.testing.assert_allclose(layer.d_weights, [0.5 * d_z, -0.2 * d_z])
    np.testing.assert_allclose(layer.d_biases, d_z)
    np.testing.assert_allclose(d_inputs, [[layer.weights[0] @ d_z, layer.weights[1] @ d_z]])


def test_a_neuron_that_is_off_has_gradients_of_exactly_zero():
    """ReLU: neuron 0 is off for both samples, neuron 1 is on for the second only."""
    layer = DenseLayer(1, 2, "relu")
    layer.weights, layer.biases = [[1.0, 1.0]], [-5.0, 0.0]
    np.testing.assert_array_equal(layer.forward([[-1.0], [2.0]]), [[0, 0], [0, 2]])
    np.testing.assert_array_equal(layer.backward([[10.0, 20.0], [30.0, 40.0]]), [[0], [40]])
    np.testing.assert_array_equal(layer.d_weights, [[0, 80]])
    np.testing.assert_array_equal(layer.d_biases, [0, 40])


def test_weights_start_close_to_zero_and_follow_the_seed():
    """Normal times init_scale; biases zero; a generator goes on from layer to layer."""
    layer = DenseLayer(100, 200, init_scale=0.03, rng=7)
    np.testing.assert_allclose([layer.weights.mean(), layer.weights.std()], [0, 0.03], atol=1e-3)
    assert not layer.biases.any()
    assert np.array_equal(layer.weights, DenseLayer(100, 200, init_scale=0.03, rng=7).weights)
    rng = np.random.default_rng(7)
    first, second = DenseLayer(2, 2, rng=rng), DenseLayer(2, 2, rng=rng)
    assert not np.any(first.weights == second.weights)


def test_step_moves_against_the_gradient():
    """By lr times the gradient; the arrays from before the step stay as they were."""
    layer, inputs, d_output = layer_and_batch("tanh", 4, 3, 2, seed=2)
    layer.forward(inputs)
    layer.backward(d_output)
    weights, biases = layer.weights, layer.biases
    kept = weights.copy()
    layer.gradient_descent_step(lr=0.5)
    np.testing.assert_array_equal(layer.weights, weights - 0.5 * layer.d_weights)
    np.testing.assert_array_equal(layer.biases, biases - 0.5 * layer.d_biases)
    np.testing.assert_array_equal(weights, kept)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_what_the_caller_does_to_their_arrays_changes_no_gradient(activation):
    """Inputs, the returned output, and the arrays that weights and biases were set from."""
    layer, inputs, d_output = layer_and_batch(activation, 4, 3, 2, seed=3)
    weights, biases = layer.weights.copy(), layer.biases.copy()
    layer.weights, layer.biases = weights, biases
    twin = copy.deepcopy(layer)
    twin.forward(inputs)
    expected = twin.backward(d_output)

    output = layer.forward(inputs)
    for array in (inputs, output, weights, biases):
        array[...] = 99.0
    np.testing.assert_array_equal(layer.backward(d_output), expected)
    np.testing.assert_array_equal(layer.d_weights, twin.d_weights)
    np.testing.assert_array_equal(layer.d_biases, twin.d_biases)


def test_integers_are_computed_with_as_floats():
    """Nothing is cut off: neither in a pass nor in a step from integer weights."""
    layer = DenseLayer(2, 1, "linear")
    layer.weights, layer.biases = np.array([[1], [2]]), [3]
    assert layer.forward(np.array([[4, 5]])).tolist() == [[17.0]]
    assert layer.backward(np.array([[1]])).tolist() == [[1.0, 2.0]]
    layer.gradient_descent_step(0.125)
    assert layer.weights.tolist() == [[0.5], [1.375]]


LAYER = "DenseLayer(2, 3, 'sigmoid'): "


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda layer: layer.forward([0.5, -0.2]),
            ValueError,
            LAYER + "inputs: the shape is (2,), expected (N, 2); reshape(1, -1) makes it one",
        ),
        (
            lambda layer: layer.forward(np.ones((2, 5))),
            ValueError,
            LAYER + "inputs: the shape is (2, 5), expected (N, 2); rows are samples",
        ),
        (lambda layer: layer.forward(np.ones((0, 2))), ValueError, "(0, 2), expected (N, 2)"),
        (lambda layer: layer.forward(np.ones((1, 1, 2))), ValueError, "(1, 1, 2), expected (N, 2)"),
        (
            lambda layer: layer.forward([[np.nan, 1], [np.inf, 1]]),
            ValueError,
            LAYER + "inputs: 2 of 4 numbers are nan or inf",
        ),
        (lambda layer: layer.forward([[1, 2], [3]]), ValueError, "its rows differ in length"),
        (lambda layer: layer.forward([["1", "2"]]), TypeError, LAYER + "inputs: the dtype is <U1"),
        (lambda layer: layer.forward([[1j, 2]]), TypeError, "the dtype is complex128"),
        (
            lambda layer: layer.backward(np.ones((1, 3))),
            ValueError,
            LAYER + "d_output: the shape is (1, 3), expected (4, 3); the gradient has the latest",
        ),
        (lambda layer: layer.backward(np.full((4, 3), np.nan)), ValueError, "12 of 12 numbers"),
        (
            lambda layer: setattr(layer, "weights", np.ones((3, 2))),
            ValueError,
            LAYER + "weights: the shape is (3, 2), expected (2, 3); column j belongs to neuron j",
        ),
        (
            lambda layer: setattr(layer, "biases", np.ones((4, 1))),
            ValueError,
            LAYER + "biases: the shape is (4, 1), expected (3,); one for each neuron",
        ),
        (lambda layer: layer.gradient_descent_step(0.1), RuntimeError, "step before backward"),
        (lambda layer: layer.gradient_descent_step(-0.1), ValueError, LAYER + "lr is -0.1"),
        (lambda layer: layer.gradient_descent_step(np.nan), ValueError, LAYER + "lr is nan"),
        (lambda layer: layer.gradient_descent_step(np.inf), ValueError, LAYER + "lr is inf"),
        (
            lambda layer: DenseLayer(2, 3, "sigmod"),
            ValueError,
            "the activation is 'sigmod', expected one of sigmoid, tanh",
        ),
        (lambda layer: DenseLayer(2, 3, sigmoid), ValueError, "expected one of sigmoid, tanh"),
        (lambda layer: DenseLayer(0, 3), ValueError, "n_inputs is 0, expected at least 1"),
        (lambda layer: DenseLayer(2, 3.0), TypeError, "n_neurons is 3.0, expected a whole number"),
        (lambda layer: DenseLayer(2, 3, init_scale=-1), ValueError, "init_scale is -1"),
        (lambda layer: DenseLayer(2, 3, init_scale=np.nan), ValueError, "init_scale is nan"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    """With a message that names the layer, what was given, what was expected, what to do."""
    layer = DenseLayer(2, 3)
    layer.forward(np.ones((4, 2)))
    with pytest.raises(error, match=re.escape(message)):
        call(layer)


def test_backward_needs_a_forward_that_succeeded():
    """Never, or one that failed: in both cases there is nothing to go backward from."""
    layer = DenseLayer(2, 3)
    with pytest.raises(RuntimeError, match=r"DenseLayer\(2, 3, 'sigmoid'\): backward before forw"):
        layer.backward(np.ones((1, 3)))
    layer.forward(np.ones((1, 2)))
    with pytest.raises(ValueError, match="nan"):
        layer.forward([[np.nan, 0.0]])
    with pytest.raises(RuntimeError, match="backward before forward"):
        layer.backward(np.ones((1, 3)))
