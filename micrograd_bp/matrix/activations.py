"""Activation functions, each with its derivative as a function of its own.

An activation f turns the pre-activation z into the output a = f(z); its derivative gives da/dz,
which the chain rule needs: dL/dz = dL/da * da/dz. All of them take z, an array of any shape, work
element by element, and return a new float array of the same shape.

The curved ones are written with exp(-|z|), which lies between 0 and 1 and so cannot overflow.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Activation = Callable[[Array], Array]

LEAKY_SLOPE = 0.01


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)): squeezes z into (0, 1), and is 1/2 at 0."""
    e = np.exp(-np.abs(z))
    return np.where(z < 0, e, 1.0) / (1.0 + e)


def sigmoid_derivative(z: Array) -> Array:
    """sigmoid(z) * (1 - sigmoid(z)), which is e / (1 + e)² with e = exp(-|z|): at most 1/4."""
    # The product is the same number, but from z = 37 on its 1 - sigmoid(z) rounds to zero.
    e = np.exp(-np.abs(z))
    return e / (1.0 + e) ** 2


def tanh(z: Array) -> Array:
    """The hyperbolic tangent: squeezes z into (-1, 1), and is 0 at 0."""
    return np.tanh(z)


def tanh_derivative(z: Array) -> Array:
    """1 - tanh(z)², which is 4e² / (1 + e²)² with e = exp(-|z|): at most 1."""
    # The difference is the same number, but from |z| = 20 on it rounds to zero.
    e_squared = np.exp(-np.abs(z)) ** 2
    return 4.0 * e_squared / (1.0 + e_squared) ** 2


def relu(z: Array) -> Array:
    """max(z, 0): passes what is positive, and is off (0) elsewhere."""
    return np.maximum(z, 0.0)


def relu_derivative(z: Array) -> Array:
    """1 where z > 0, else 0; at the kink z = 0, where both would do, it is 0."""
    return np.heaviside(z, 0.0)


def leaky_relu(z: Array) -> Array:
    """max(z, 0.01 z): a ReLU that lets a little of what is negative through."""
    return np.maximum(z, LEAKY_SLOPE * z)


def leaky_relu_derivative(z: Array) -> Array:
    """1 where z > 0, else 0.01; at the kink z = 0, where both would do, it is 0.01."""
    return LEAKY_SLOPE + (1.0 - LEAKY_SLOPE) * np.heaviside(z, 0.0)


def softplus(z: Array) -> Array:
    """log(1 + exp(z)): a ReLU with its kink rounded off, log(2) at 0."""
    return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))


def softplus_derivative(z: Array) -> Array:
    """The sigmoid of z."""
    return sigmoid(z)


def linear(z: Array) -> Array:
    """Z itself, as a new array: no activation, what the output layer of a regression has."""
    return 1.0 * z


def linear_derivative(z: Array) -> Array:
    """1 everywhere."""
    return np.ones_like(z, dtype=np.float64)


# A layer looks its pair up here, by name.
ACTIVATIONS: dict[str, tuple[Activation, Activation]] = {
    "sigmoid": (sigmoid, sigmoid_derivative),
    "tanh": (tanh, tanh_derivative),
    "relu": (relu, relu_derivative),
    "leaky_relu": (leaky_relu, leaky_relu_derivative),
    "softplus": (softplus, softplus_derivative),
    "linear": (linear, linear_derivative),
}
