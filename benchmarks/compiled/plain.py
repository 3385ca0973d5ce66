"""What contenders return as plain numbers, and weights between the order of neurons and matrices.

Our networks list their parameters neuron by neuron, its weights and then its bias; by hand each layer is a matrix and a
row of biases.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.workload import Outcome

Array = NDArray[np.float64]


def array(result: tuple[Any, Any]) -> Outcome:
    """A value and one array, or anything like an array, whose entries are in order."""
    value, gradient = result
    return float(value), np.asarray(gradient, dtype=np.float64).ravel().tolist()


def arrays(result: tuple[Any, Iterable[Any]]) -> Outcome:
    """A value and several arrays, one after the other."""
    value, gradients = result
    return float(value), [number for each in gradients for number in array((0.0, each))[1]]


def layers(result: tuple[Any, Iterable[tuple[Any, Any]]]) -> Outcome:
    """A value, and for each layer the matrix (inputs, neurons) and the biases."""
    value, gradients = result
    return arrays((value, [np.vstack([np.asarray(d_W), np.asarray(d_b).reshape(1, -1)]).T for d_W, d_b in gradients]))


def as_layers(parameters: Sequence[float], sizes: Sequence[int]) -> list[tuple[Array, Array]]:
    """The matrix (inputs, neurons) and the biases of each layer, from the parameters neuron by neuron."""
    found = []
    start = 0
    for nin, nout in pairwise(sizes):
        stop = start + nout * (nin + 1)
        neurons = np.array(parameters[start:stop]).reshape(nout, nin + 1)
        found.append((neurons[:, :-1].T.copy(), neurons[:, -1].copy()))
        start = stop
    return found
