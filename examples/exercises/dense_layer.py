"""Exercise 1: the backward pass of a dense layer. Fill it in, then run the check.

    micrograd-bp check examples/exercises/dense_layer.py:DenseLayer

It says what is right and what is not; `--hint`, `--hint 2` and `--hint 3` help, each more than the one before.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class DenseLayer:
    """Sigmoid neurons. Rows are samples; column j of the weights belongs to neuron j."""

    def __init__(self, n_inputs: int = 4, n_neurons: int = 3) -> None:
        """Weights are drawn close to zero; biases are zero."""
        self.weights = 0.1 * np.random.default_rng(0).standard_normal((n_inputs, n_neurons))
        self.biases = np.zeros(n_neurons)

    def activation(self, z: Array) -> Array:
        """The sigmoid."""
        return np.asarray(1.0 / (1.0 + np.exp(-z)))

    def activation_derivative(self, z: Array) -> Array:
        """Its derivative, from z."""
        a = self.activation(z)
        return a * (1.0 - a)

    def forward(self, inputs: Array) -> Array:
        """The output; what the backward pass will need is stored."""
        self.inputs = inputs
        self.z = inputs @ self.weights + self.biases
        self.output = self.activation(self.z)
        return self.output

    def backward(self, d_output: Array) -> Array:
        """Takes dL/d(output), stores `d_weights` and `d_biases`, returns dL/d(inputs)."""
        raise NotImplementedError("write the backward pass here")
