"""A multi-layer perceptron in CasADi, as a graph of matrices."""

from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from typing import Any

from benchmarks.compiled import plain
from benchmarks.workload import Outcome

casadi: Any = import_module("casadi")  # not an `import`: it may be absent


def symbols(sizes: Sequence[int]) -> list[Any]:
    """Weights, (inputs, neurons), and biases, a column, of each layer by turns."""
    return [
        casadi.MX.sym(f"{name}{place}", *shape)
        for place, (nin, nout) in enumerate(pairwise(sizes))
        for name, shape in (("W", (nin, nout)), ("b", (nout, 1)))
    ]


def forward(parameters: Sequence[Any], x: Any) -> Any:
    """The outputs of the last layer; ReLU between the layers."""
    layers = list(zip(parameters[::2], parameters[1::2], strict=True))
    for weights, biases in layers[:-1]:
        x = casadi.fmax(_affine(x, weights, biases), 0.0)
    return _affine(x, *layers[-1])


def _affine(x: Any, weights: Any, biases: Any) -> Any:
    return x @ weights + casadi.repmat(biases.T, x.shape[0], 1)


def outcome(result: Sequence[Any]) -> Outcome:
    """The loss, and the gradients along `symbols`."""
    value, *gradients = result
    return plain.layers((value, zip(gradients[::2], gradients[1::2], strict=True)))
