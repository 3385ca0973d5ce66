"""nn.Linear + nn.Tanh in plain NumPy, with the names that I am used to."""
import numpy as np


class LinearTanh:
    """y = tanh(x @ weight.T + bias)

    backward(grad_output) returns grad_input; afterwards weight_grad and
    bias_grad are the gradients of the loss of this batch.
    """

    def __init__(self, in_features=3, out_features=2, bias=True):
        k = 1.0 / np.sqrt(in_features)
        self.weight = np.random.uniform(-k, k, (out_features, in_features))
        self.bias = np.random.uniform(-k, k, out_features) if bias else None
        self.weight_grad = np.zeros_like(self.weight)
        self.bias_grad = np.zeros_like(self.bias) if bias else None
        self.saved_tensors = ()

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        y = x @ self.weight.T
        if self.bias is not None:
            y = y + self.bias
        y = np.tanh(y)
        self.saved_tensors = (x, y)
        return y

    def backward(self, grad_output):
        x, y = self.saved_tensors
        grad_z = grad_output * (1 - y ** 2)
        self.weight_grad += grad_z.T @ x
        if self.bias is not None:
            self.bias_grad += grad_z.sum(axis=0)
        return grad_z @ self.weight

    def step(self, lr=0.01):
        self.weight -= lr * self.weight_grad
        if self.bias is not None:
            self.bias -= lr * self.bias_grad
