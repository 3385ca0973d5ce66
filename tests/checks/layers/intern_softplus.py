"""Softplus layer for the demand forecast (outputs must be positive)."""
import numpy as np
from numpy import ndarray


class SoftplusLayer:

    def __init__(self, input_dim: int = 4, output_dim: int = 2):
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.w = 0.5 * np.random.randn(output_dim, input_dim)
        self.b = 0.5 * np.random.randn(output_dim)

    def __repr__(self):
        return f"SoftplusLayer({self.input_dim} -> {self.output_dim})"

    @staticmethod
    def softplus(z: ndarray) -> ndarray:
        # stable for large |z|
        return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))

    def forward(self, x: ndarray) -> ndarray:
        self.x = x
        self.z = x @ self.w.T + self.b
        return self.softplus(self.z)

    def backward(self, grad: ndarray) -> ndarray:
        """Gradients of the weights, the biases and the input.

        grad: dL/d(output), same shape as the output of forward
        """
        self.dw = np.einsum("no,ni->oi", grad, self.x)
        self.db = np.einsum("no->o", grad)
        self.dx = np.einsum("no,oi->ni", grad, self.w)
        return self.dx
