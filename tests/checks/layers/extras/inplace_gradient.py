"""Relu layer with as little copying as possible (big batches)."""
import numpy as np


class FastRelu:
    def __init__(self, n_in=4, n_out=3):
        rng = np.random.default_rng(14)
        self.W = rng.normal(size=(n_in, n_out))
        self.b = rng.normal(size=n_out)

    def forward(self, x):
        self.x = x
        z = x @ self.W
        z += self.b
        self.off = z <= 0
        z[self.off] = 0
        return z

    def backward(self, d):
        """Works in the memory of d."""
        d[self.off] = 0
        self.dW = self.x.T @ d
        self.db = d.sum(axis=0)
        return d @ self.W.T
