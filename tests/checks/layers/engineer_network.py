"""A small network of dense layers and its loss, all in one file."""
import numpy as np


def mse(prediction, target):
    """Half the squared error, averaged over the samples."""
    return 0.5 * np.sum((prediction - target) ** 2) / len(target)


def mse_gradient(prediction, target):
    return (prediction - target) / len(target)


class Dense:
    def __init__(self, n_in, n_out, activation, rng):
        self.weights = rng.normal(0, 1 / np.sqrt(n_in), (n_in, n_out))
        self.biases = np.zeros(n_out)
        self.activation = activation

    def forward(self, x):
        self.x = x
        z = x @ self.weights + self.biases
        self.a = np.tanh(z) if self.activation == "tanh" else z
        return self.a

    def backward(self, d_a):
        d_z = d_a * (1 - self.a ** 2) if self.activation == "tanh" else d_a
        self.d_weights = self.x.T @ d_z
        self.d_biases = d_z.sum(axis=0)
        return d_z @ self.weights.T


class Network:
    def __init__(self, sizes=(3, 6, 4, 2), seed=0):
        rng = np.random.default_rng(seed)
        self.layers = []
        for i, (n_in, n_out) in enumerate(zip(sizes[:-1], sizes[1:])):
            last = i == len(sizes) - 2
            self.layers.append(Dense(n_in, n_out, "linear" if last else "tanh", rng))

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, d_output):
        for layer in reversed(self.layers):
            d_output = layer.backward(d_output)
        return d_output

    def train_step(self, x, target, learning_rate=0.1):
        prediction = self.forward(x)
        self.backward(mse_gradient(prediction, target))
        for layer in self.layers:
            layer.weights -= learning_rate * layer.d_weights
            layer.biases -= learning_rate * layer.d_biases
        return mse(prediction, target)
