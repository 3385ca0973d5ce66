"""Homework 3: a fully connected layer with a sigmoid at the end.

x is a batch, one sample per row.
"""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_derivative(s):
    # sigma' = sigma * (1 - sigma)
    return s * (1 - s)


class DenseSigmoid:

    def __init__(self, n_inputs=3, n_outputs=2):
        np.random.seed(42)
        self.weights = np.random.randn(n_inputs, n_outputs)
        self.biases = np.zeros(n_outputs)

    def forward(self, x):
        self.x = x
        self.z = np.dot(x, self.weights) + self.biases
        self.a = sigmoid(self.z)
        return self.a

    def backward(self, d_output):
        # chain rule, first through the sigmoid, then through the dot product
        d_z = d_output * sigmoid_derivative(self.a)
        self.d_weights = np.dot(self.x.T, d_z)
        self.d_biases = np.sum(d_z, axis=0)
        d_x = np.dot(d_z, self.weights.T)
        return d_x


if __name__ == "__main__":
    layer = DenseSigmoid()
    out = layer.forward(np.random.randn(4, 3))
    print(out)
    print(layer.backward(np.ones_like(out)))
