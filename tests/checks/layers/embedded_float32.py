"""Linear output layer for the sensor board. Everything is stored in float32."""
import numpy as np


class _LinearLayer:

    __slots__ = ("kernel", "bias", "_inp", "d_kernel", "d_bias")

    def __init__(self, kernel, bias):
        self.kernel = kernel
        self.bias = bias
        self._inp = None
        self.d_kernel = None
        self.d_bias = None

    def forward(self, inp):
        self._inp = inp
        out = inp @ self.kernel
        out += self.bias
        return out

    def backward(self, d_output, learning_rate=0.05):
        """One descent step; returns the gradient for the layer below."""
        d_input = d_output @ self.kernel.T

        self.d_kernel = self._inp.T @ d_output
        self.d_bias = d_output.sum(axis=0)

        self.kernel -= (learning_rate * self.d_kernel).astype(np.float32)
        self.bias -= (learning_rate * self.d_bias).astype(np.float32)
        return d_input


def make_linear_layer(n_in=6, n_out=2, seed=3):
    rng = np.random.default_rng(seed)
    bound = np.sqrt(6.0 / (n_in + n_out))
    kernel = rng.uniform(-bound, bound, (n_in, n_out)).astype(np.float32)
    bias = np.zeros(n_out, dtype=np.float32)
    return _LinearLayer(kernel, bias)
