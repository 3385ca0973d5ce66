"""Hyperbolic tangent layer used for the surrogate model (chapter 4)."""
import numpy as np


class TanhLayer:
    """a = tanh(x W + b), with x of shape (samples, features).

    backward(da) returns (dx, {"W": dW, "b": db}).
    """

    def __init__(self, features=5, units=3, seed=11):
        rng = np.random.default_rng(seed)
        limit = np.sqrt(6 / (features + units))
        self.W = rng.uniform(-limit, limit, (features, units))
        self.b = np.zeros(units)
        self._cache = None

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        z = x @ self.W + self.b
        a = np.tanh(z)
        self._cache = dict(x=x, z=z)
        return a

    def backward(self, da):
        x, z = self._cache["x"], self._cache["z"]
        dz = da * (1.0 - np.square(z))
        grads = {
            "W": x.T @ dz,
            "b": dz.sum(axis=0),
        }
        return dz @ self.W.T, grads
