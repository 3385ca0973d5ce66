import numpy as np
from layer import Layer


class Dense(Layer):
    """Takes and gives column vectors."""

    def __init__(self, input_size=3, output_size=4):
        self.weights = np.random.randn(output_size, input_size)
        self.bias = np.random.randn(output_size, 1)

    def forward(self, input):
        self.input = input
        return np.dot(self.weights, self.input) + self.bias

    def backward(self, output_gradient, learning_rate):
        dW = np.dot(output_gradient, self.input.T)
        grad_input = np.dot(self.weights.T, output_gradient)
        self.weights -= learning_rate * dW
        self.bias -= learning_rate * np.sum(output_gradient, axis=1, keepdims=True)
        return grad_input
