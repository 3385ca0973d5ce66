import numpy as np


def sigmoid(x):
    """Squash x into (0, 1)."""
    return 1.0 / (1.0 + np.exp(-x))


def sigmoid_prime(x):
    """Slope of the sigmoid."""
    return sigmoid(x) * (1.0 - sigmoid(x))


class Layer:
    """
    Bootcamp week 2: my first layer!

    forward:  activations = sigmoid(inputs . weights + bias)
    backward: takes the error of the outputs, gives the error of the inputs
    """

    def __init__(self, num_inputs=3, num_neurons=4):
        self.weights = np.random.normal(size=(num_inputs, num_neurons))
        self.bias = np.random.normal(size=(1, num_neurons))

    def forward(self, inputs):
        self.inputs = inputs
        self.activations = sigmoid(np.dot(inputs, self.weights) + self.bias)
        return self.activations

    def backward(self, error):
        # how steep is the sigmoid here?
        delta = error * sigmoid_prime(self.activations)

        self.weights_gradient = np.dot(self.inputs.T, delta)
        self.bias_gradient = np.sum(delta, axis=0, keepdims=True)

        return np.dot(delta, self.weights.T)
