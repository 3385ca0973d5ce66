"""Brain layer for the racing bots: learn while you drive."""
import numpy as np


class BrainLayer:

    def __init__(self, num_in=5, num_out=3):
        self.w = np.random.randn(num_in, num_out) * 0.5
        self.b = np.zeros(num_out)
        self.dw = self.db = None

    def forward(self, x):
        self.x = x
        self.out = np.tanh(x @ self.w + self.b)
        return self.out

    def backward(self, d_output, learning_rate=0.1):
        """Learns from d_output and returns the gradient for the layer before."""
        delta = d_output * (1 - self.out ** 2)

        self.dw = self.x.T @ delta
        self.db = delta.sum(axis=0)
        self.w -= learning_rate * self.dw
        self.b -= learning_rate * self.db

        return delta @ self.w.T
