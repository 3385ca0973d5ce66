"""ReLU layer, translated from my C++ class template ReluLayer<In, Out>."""
import numpy as np


class ReluLayer:
    """Owns its kernel and bias and the buffers for their gradients."""

    def __init__(self, in_size: int = 3, out_size: int = 5) -> None:
        self.m_in = in_size
        self.m_out = out_size
        rng = np.random.RandomState(7)
        self.m_kernel = rng.normal(0.0, np.sqrt(2.0 / in_size), (in_size, out_size))
        self.m_bias = rng.normal(0.0, 0.1, out_size)
        # allocate once, reuse in every step
        self.m_grad_kernel = np.zeros_like(self.m_kernel)
        self.m_grad_bias = np.zeros_like(self.m_bias)
        self.m_input = np.empty((0, in_size))
        self.m_output = np.empty((0, out_size))

    @property
    def kernel(self) -> np.ndarray:
        return self.m_kernel

    @property
    def bias(self) -> np.ndarray:
        return self.m_bias

    @property
    def grad_kernel(self) -> np.ndarray:
        return self.m_grad_kernel

    @property
    def grad_bias(self) -> np.ndarray:
        return self.m_grad_bias

    def forward(self, input: np.ndarray) -> np.ndarray:
        assert input.shape[1] == self.m_in
        self.m_input = input
        self.m_output = np.maximum(0.0, input @ self.m_kernel + self.m_bias)
        return self.m_output

    def backward(self, grad_output: np.ndarray) -> np.ndarray:
        assert grad_output.shape == self.m_output.shape
        self.m_grad_kernel.fill(0.0)
        self.m_grad_bias.fill(0.0)
        grad_input = np.zeros_like(self.m_input)
        for n in range(len(grad_output)):
            delta = grad_output[n] * (self.m_output[n] > 0.0)
            self.m_grad_kernel += np.outer(self.m_input[n], delta)
            self.m_grad_bias += delta
            grad_input[n] = self.m_kernel @ delta
        return grad_input
