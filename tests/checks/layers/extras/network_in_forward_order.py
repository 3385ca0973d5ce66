"""A tower of equally wide sigmoid layers."""
import numpy as np


class SigmoidLayer:
    def __init__(self, width, rng):
        self.weights = rng.normal(size=(width, width))
        self.biases = rng.normal(size=width)

    def forward(self, x):
        self.x = x
        self.a = 1 / (1 + np.exp(-(x @ self.weights + self.biases)))
        return self.a

    def backward(self, d_a):
        d_z = d_a * self.a * (1 - self.a)
        self.d_weights = self.x.T @ d_z
        self.d_biases = d_z.sum(axis=0)
        return d_z @ self.weights.T


class Tower:
    """`depth` sigmoid layers of `width` neurons each."""

    def __init__(self, width=4, depth=3, seed=0):
        rng = np.random.default_rng(seed)
        self.layers = [SigmoidLayer(width, rng) for _ in range(depth)]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, d_output):
        gradient = d_output
        for layer in self.layers:
            gradient = layer.backward(gradient)
        return gradient
