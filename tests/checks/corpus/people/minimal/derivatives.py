import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_derivative(x):
    return sigmoid(x) * (1 - sigmoid(x))


def leaky_relu(x, alpha=0.05):
    return np.where(x > 0, x, alpha * x)


def leaky_relu_derivative(x, alpha=0.05):
    return np.where(x > 0, 1, alpha)


def softsign(x):
    return x / (1 + np.abs(x))


def softsign_derivative(x):
    return 1 / (1 + np.abs(x)) ** 2


def mish(x):
    return x * np.tanh(np.log1p(np.exp(x)))


def mish_derivative(x):
    t = np.tanh(np.log1p(np.exp(x)))
    return t + x * (1 - t ** 2) / (1 + np.exp(-x))
