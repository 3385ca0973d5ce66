"""How weights are drawn before training."""

import math
from collections.abc import Callable
from random import Random


def uniform(rng: Random, n_inputs: int, n_outputs: int) -> float:
    """Between -1 and 1, as micrograd does."""
    return rng.uniform(-1, 1)


def xavier(rng: Random, n_inputs: int, n_outputs: int) -> float:
    """Uniform with variance 2 / (n_inputs + n_outputs), for tanh and sigmoid.

    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010).
    """
    bound = math.sqrt(6.0 / (n_inputs + n_outputs))
    return rng.uniform(-bound, bound)


def kaiming(rng: Random, n_inputs: int, n_outputs: int) -> float:
    """Normal with variance 2 / n_inputs, for ReLU.

    K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers" (2015).
    """
    return rng.gauss(0.0, math.sqrt(2.0 / n_inputs))


INITIAL_WEIGHTS: dict[str, Callable[[Random, int, int], float]] = {
    "uniform": uniform,
    "xavier": xavier,
    "kaiming": kaiming,
}
"""A weight of a layer with so many inputs and outputs, by the name for `init=`."""
