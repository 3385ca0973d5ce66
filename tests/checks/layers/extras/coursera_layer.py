"""Tanh layer and MSE loss, in the notation of the online course."""
import numpy as np


def mse(AL, Y):
    return np.mean(np.sum((AL - Y) ** 2, axis=1))


def mse_gradient(AL, Y):
    """dL/dAL for the mean over the m samples."""
    m = Y.shape[0]
    return 2 * (AL - Y) / m


class TanhLayer:
    def __init__(self, n_x=4, n_y=3):
        np.random.seed(3)
        self.W = np.random.randn(n_x, n_y) * 0.5
        self.b = np.zeros((1, n_y))

    def forward(self, A_prev):
        self.A_prev = A_prev
        self.A = np.tanh(A_prev @ self.W + self.b)
        return self.A

    def backward(self, dA):
        """dA is mse_gradient(A, Y), or dA_prev of the next layer."""
        m = self.A_prev.shape[0]
        dZ = dA * (1 - np.power(self.A, 2))
        self.dW = self.A_prev.T @ dZ / m
        self.db = np.sum(dZ, axis=0, keepdims=True) / m
        dA_prev = dZ @ self.W.T
        return dA_prev
