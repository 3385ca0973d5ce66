r"""Affine map followed by tanh, in index notation.

    z_{ni} = W_{ij} x_{nj} + b_i ,      a_{ni} = tanh z_{ni}

n labels the samples, i the outputs, j the inputs.  Given the cotangent
g_{ni} = dL/da_{ni}, `backward` returns the triple (dL/dx, dL/dW, dL/db).
"""
import numpy as np


class TanhMap:

    def __init__(self, dim_in=3, dim_out=4, rng=None):
        rng = rng or np.random.default_rng(137)
        # unit variance of z for unit variance of x
        self.W = rng.normal(0.0, dim_in ** -0.5, size=(dim_out, dim_in))
        self.b = rng.normal(0.0, 0.1, size=dim_out)

    def forward(self, x):
        self._x = x
        z = np.einsum("ij,nj->ni", self.W, x) + self.b
        self._z = z
        return np.tanh(z)

    def backward(self, g):
        sech2 = 1.0 / np.cosh(self._z) ** 2
        delta = g * sech2

        dL_dW = np.einsum("ni,nj->ij", delta, self._x)
        dL_db = np.einsum("ni->i", delta)
        dL_dx = np.einsum("ni,ij->nj", delta, self.W)
        return dL_dx, dL_dW, dL_db
