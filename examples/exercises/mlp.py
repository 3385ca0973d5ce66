"""Exercise 3: the backward pass of a whole network, from layers that know theirs. Fill it in, then run the check.

micrograd-bp check examples/exercises/mlp.py:network
"""

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.matrix import DenseLayer

Array = NDArray[np.float64]


class MLP:
    """A list of layers. Each one's `backward` takes dL/d(its output) and returns dL/d(its inputs)."""

    def __init__(self) -> None:
        """No layers yet."""
        self.layers: list[DenseLayer] = []

    def add_layer(self, layer: DenseLayer) -> None:
        """Appends a layer."""
        self.layers.append(layer)

    def forward(self, inputs: Array) -> Array:
        """The data goes through each layer in turn."""
        for layer in self.layers:
            inputs = layer.forward(inputs)
        return inputs

    def backward(self, d_prediction: Array) -> Array:
        """Takes dL/d(prediction), calls each layer's backward, returns dL/d(inputs)."""
        raise NotImplementedError("write the backward pass here")


def network() -> MLP:
    """Three inputs, four neurons with tanh, two linear outputs."""
    made = MLP()
    made.add_layer(DenseLayer(3, 4, "tanh", rng=0))
    made.add_layer(DenseLayer(4, 2, "linear", rng=1))
    return made
