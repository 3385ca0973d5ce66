r"""
Let F(x) = \sigma(x W + b), \sigma(t) = (1 + e^{-t})^{-1}, x \in R^{n x p}.

The pullback of a covector \lambda = dL/dF along F is computed by `backward`,
which returns (dL/dx, dL/dW, dL/db).
"""
import numpy as np

sigma = lambda t: 1 / (1 + np.exp(-t))


class F:
    def __init__(self, p=3, q=3, *, seed=1736):
        g = np.random.default_rng(seed)
        self.W, self.b = g.normal(size=(p, q)), g.normal(size=q)

    def forward(self, x):
        s = sigma(x @ self.W + self.b)
        self._tape = x, s
        return s

    def backward(self, lam):
        x, s = self._tape
        mu = lam * s * (1 - s)          # dL/d(xW + b)
        dW = x.T @ mu
        db = np.ones(len(x)) @ mu
        dx = lam @ self.W.T
        return dx, dW, db
