"""A multi-layer perceptron in PyTorch, as its user writes it."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

torch: Any = import_module("torch")  # not an `import`: it may be absent

Layers = Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]


def network(layers: Layers) -> Any:
    """A `Sequential` with these weights, (inputs, neurons), and biases; ReLU between the layers."""
    modules = []
    for weights, biases in layers:
        linear = torch.nn.Linear(*weights.shape, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weights.T.copy()))
            linear.bias.copy_(torch.from_numpy(biases))
        modules += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1])


def layers_of(gradients: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Gradients in the order of the module's parameters, with the matrices as (inputs, neurons)."""
    return [(weights.T, biases) for weights, biases in zip(gradients[::2], gradients[1::2], strict=True)]
