"""By hand: a multi-layer perceptron with ReLU, its losses and their gradients, in plain NumPy; rows are samples."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Layers = list[tuple[Array, Array]]
"""For each layer its weights, (inputs, neurons), and its biases."""


def cross_entropy(layers: Layers, inputs: Array, targets: Array) -> tuple[float, Layers]:
    """The mean of -Σ target·log softmax(logits), and its gradient with respect to the layers.

    Args:
        layers: of the network.
        inputs: (samples, inputs).
        targets: the probability of each class, (samples, classes).
    """
    logits, activations = forward(layers, inputs)
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    totals = exponentials.sum(axis=1, keepdims=True)
    loss = -(targets * (shifted - np.log(totals))).sum() / len(inputs)
    d_logits = (exponentials / totals - targets) / len(inputs)
    return float(loss), backward(layers, activations, d_logits)


def hinge(layers: Layers, inputs: Array, labels: Array, penalty: float) -> tuple[float, Layers]:
    """The mean of max(0, 1 - label·score) plus penalty·Σ parameter², and its gradient.

    Args:
        layers: of a network with one output.
        inputs: (samples, inputs).
        labels: -1 or 1, (samples, 1).
        penalty: the factor of the sum of squares.
    """
    scores, activations = forward(layers, inputs)
    margins = 1.0 - labels * scores
    loss = np.maximum(margins, 0.0).mean()
    loss += penalty * sum((weights**2).sum() + (biases**2).sum() for weights, biases in layers)
    d_scores = -labels * (margins > 0.0) / len(inputs)
    gradients = backward(layers, activations, d_scores)
    return float(loss), [
        (d_weights + 2.0 * penalty * weights, d_biases + 2.0 * penalty * biases)
        for (weights, biases), (d_weights, d_biases) in zip(layers, gradients, strict=True)
    ]


def forward(layers: Layers, inputs: Array) -> tuple[Array, list[Array]]:
    """The outputs of the last layer, which is linear, and what went into each layer."""
    activations = [inputs]
    for weights, biases in layers[:-1]:
        activations.append(np.maximum(activations[-1] @ weights + biases, 0.0))
    weights, biases = layers[-1]
    return activations[-1] @ weights + biases, activations


def backward(layers: Layers, activations: list[Array], d_z: Array) -> Layers:
    """The gradient with respect to the layers, from that with respect to the last layer's outputs."""
    gradients = [(activations[-1].T @ d_z, d_z.sum(axis=0))]
    for place in range(len(layers) - 1, 0, -1):
        weights, _ = layers[place]
        d_z = d_z @ weights.T * (activations[place] > 0.0)
        gradients.append((activations[place - 1].T @ d_z, d_z.sum(axis=0)))
    return gradients[::-1]
