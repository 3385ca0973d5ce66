"""A multi-layer perceptron of XAD's numbers, which has none of its own, written as micrograd writes its network."""

from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import islice, pairwise
from typing import Any

adjoint: Any = import_module("xad.adj_1st")  # not an `import`: it has no usable types, and may be absent

Neuron = tuple[list[Any], Any]  # weights and bias


def layers(parameters: Sequence[Any], sizes: Sequence[int]) -> list[list[Neuron]]:
    """The parameters in their places: for each layer its neurons, for each neuron its weights and its bias."""
    rest = iter(parameters)
    return [[(list(islice(rest, nin)), next(rest)) for _ in range(nout)] for nin, nout in pairwise(sizes)]


def forward(network: list[list[Neuron]], activation: Callable[[Any], Any], inputs: Sequence[Any]) -> list[Any]:
    """The outputs of the last layer, which has no activation."""
    *hidden, last = network
    for layer in hidden:
        inputs = [activation(weighted_sum(neuron, inputs)) for neuron in layer]
    return [weighted_sum(neuron, inputs) for neuron in last]


def weighted_sum(neuron: Neuron, inputs: Sequence[Any]) -> Any:
    """Σ wᵢxᵢ + b."""
    weights, bias = neuron
    return sum((wi * xi for wi, xi in zip(weights, inputs, strict=True)), bias)
