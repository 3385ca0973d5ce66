"""From a network of matrices to a network of Values and back, with the same parameters to the bit.

A matrix layer holds one column of weights for each neuron; a layer of Values holds one neuron for each.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_bp import matrix, nn


class LayerGradients(NamedTuple):
    """The gradients of one layer: `d_weights` (inputs, neurons) and `d_biases` (neurons,)."""

    d_weights: NDArray[np.float64]
    d_biases: NDArray[np.float64]


def matrix_to_values(network: matrix.MLP) -> nn.MLP:
    """The same network, made of Values.

    Raises:
        ValueError: the network has no layers.
    """
    if not network.layers:
        raise ValueError("the network has no layers")
    twin = nn.MLP(
        network.layers[0].n_inputs,
        [dense.n_neurons for dense in network.layers],
        activation=[dense.activation.__name__ for dense in network.layers],
        rng=0,
    )
    for layer, dense in zip(twin.layers, network.layers, strict=True):
        for column, neuron in enumerate(layer.neurons):
            for weight, number in zip(neuron.weights, dense.weights[:, column], strict=True):
                weight.data = float(number)
            neuron.bias.data = float(dense.biases[column])
    return twin


def values_to_matrix(network: nn.MLP) -> matrix.MLP:
    """The same network, made of matrices.

    Raises:
        ValueError: an activation that the matrix implementation does not have, or several in one layer.
    """
    twin = matrix.MLP()
    for layer in network.layers:
        activations = {neuron.activation if neuron.nonlin else "linear" for neuron in layer.neurons}
        if len(activations) > 1:
            raise ValueError(f"the neurons of a layer have one activation, got {', '.join(sorted(activations))}")
        dense = matrix.DenseLayer(layer.nin, len(layer.neurons), activations.pop())
        dense.weights = np.array([[weight.data for weight in neuron.weights] for neuron in layer.neurons]).T
        dense.biases = np.array([neuron.bias.data for neuron in layer.neurons])
        twin.add_layer(dense)
    return twin


def gradients_as_matrices(network: nn.MLP | matrix.MLP) -> list[LayerGradients]:
    """The gradients in the parameters of a network, of Values or of matrices, arranged alike.

    Raises:
        RuntimeError: a matrix network whose backward has not run.
    """
    if isinstance(network, matrix.MLP):
        return [_stored(layer) for layer in network.layers]
    return [
        LayerGradients(
            d_weights=np.array([[weight.grad for weight in neuron.weights] for neuron in layer.neurons]).T,
            d_biases=np.array([neuron.bias.grad for neuron in layer.neurons]),
        )
        for layer in network.layers
    ]


def _stored(layer: matrix.DenseLayer) -> LayerGradients:
    if layer.d_weights is None or layer.d_biases is None:
        raise RuntimeError(f"{layer.name} {layer!r} has no gradients yet: call backward first")
    return LayerGradients(layer.d_weights, layer.d_biases)


def largest_difference(network: nn.MLP | matrix.MLP, other: nn.MLP | matrix.MLP) -> float:
    """How far the gradients of two networks of one shape are apart, at the entry where they differ most.

    Raises:
        ValueError: networks of different shapes.
    """
    arrays = [array for layer in gradients_as_matrices(network) for array in layer]
    other_arrays = [array for layer in gradients_as_matrices(other) for array in layer]
    if [array.shape for array in arrays] != [array.shape for array in other_arrays]:
        raise ValueError("the networks differ in shape")
    # NumPy's maximum, since Python's passes over nan.
    return float(np.max([np.max(np.abs(a - b)) for a, b in zip(arrays, other_arrays, strict=True)]))
