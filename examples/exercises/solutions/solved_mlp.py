"""Exercise 3, solved: the backward pass of a whole network."""

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
        gradient = d_prediction
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)
        return gradient


def network() -> MLP:
    """Three inputs, four neurons with tanh, two linear outputs."""
    made = MLP()
    made.add_layer(DenseLayer(3, 4, "tanh", rng=0))
    made.add_layer(DenseLayer(4, 2, "linear", rng=1))
    return made
