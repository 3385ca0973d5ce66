"""Softplus layer; the bias is kept as a flat vector."""
import numpy as np


class SoftplusDense:
    def __init__(self, fan_in=3, fan_out=2):
        rng = np.random.default_rng(4)
        self.W = rng.normal(size=(fan_out, fan_in))
        self.b = rng.normal(size=fan_out)

    def forward(self, x):
        self.x = x
        self.z = x @ self.W.T + self.b
        return np.log1p(np.exp(self.z))

    def backward(self, dy):
        dz = dy * (1 / (1 + np.exp(-self.z)))
        self.grad_W = np.einsum("ni,nj->ij", dz, self.x)
        self.grad_b = dz[0]
        return np.einsum("ni,ij->nj", dz, self.W)
