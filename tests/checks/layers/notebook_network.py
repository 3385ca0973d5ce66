"""Two-layer regression network, exported from my notebook (cells 4 to 9)."""
import numpy as np


def mse(y_hat, y):
    """Mean over the samples of the squared distance."""
    return np.mean(np.sum((y_hat - y) ** 2, axis=1))


class Net:
    """3 -> 8 (tanh) -> 1 (linear)

    y_hat = net.forward(X)
    loss  = mse(y_hat, y)
    grads = net.backward(y)      # dloss/dW1, dloss/db1, ...
    """

    def __init__(self, n_in=3, n_hidden=8, n_out=1):
        rng = np.random.default_rng(5)
        self.W1 = rng.normal(size=(n_in, n_hidden)) * 0.6
        self.b1 = np.zeros(n_hidden)
        self.W2 = rng.normal(size=(n_hidden, n_out)) * 0.4
        self.b2 = np.zeros(n_out)

    def forward(self, X):
        self.X = X
        self.h = np.tanh(X @ self.W1 + self.b1)
        self.y_hat = self.h @ self.W2 + self.b2
        return self.y_hat

    def backward(self, y):
        d_out = 2 * (self.y_hat - y)

        dW2 = self.h.T @ d_out
        db2 = d_out.sum(axis=0)

        d_h = d_out @ self.W2.T
        d_z1 = d_h * (1 - self.h ** 2)

        dW1 = self.X.T @ d_z1
        db1 = d_z1.sum(axis=0)

        return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}

    def step(self, grads, lr=0.01):
        for name, g in grads.items():
            setattr(self, name, getattr(self, name) - lr * g)
