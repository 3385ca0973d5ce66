"""Hidden layer of constant width. Simple is better than clever."""
import numpy as np


class Hidden:
    """Hidden holds the parameters of one width x width ReLU layer."""

    def __init__(self, w, b):
        self.w = w  # w[i, j] connects input j to output i
        self.b = b
        self.dw = None
        self.db = None

    def forward(self, x):
        """forward computes relu(w x + b) for every row x."""
        self.x = x
        z = x @ self.w.T + self.b
        self.mask = z > 0
        return z * self.mask

    def backward(self, dout):
        """backward fills dw and db and returns the gradient for x."""
        dz = dout * self.mask
        self.dw = self.x.T @ dz
        self.db = dz.sum(axis=0)
        return dz @ self.w


def new_hidden(width=4, seed=9):
    """new_hidden returns a Hidden with He initialization."""
    rng = np.random.default_rng(seed)
    w = rng.standard_normal((width, width)) * np.sqrt(2 / width)
    b = rng.standard_normal(width) * 0.1
    return Hidden(w, b)
