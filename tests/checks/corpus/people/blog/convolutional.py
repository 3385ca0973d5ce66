import numpy as np
from layer import Layer


def correlate(image, kernel):
    kh, kw = kernel.shape
    h, w = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    out = np.zeros((h, w))
    for i in range(h):
        for j in range(w):
            out[i, j] = np.sum(image[i:i + kh, j:j + kw] * kernel)
    return out


def convolve_full(image, kernel):
    kh, kw = kernel.shape
    padded = np.pad(image, ((kh - 1, kh - 1), (kw - 1, kw - 1)))
    return correlate(padded, np.rot90(kernel, 2))


class Convolutional(Layer):
    """One image at a time, (depth, height, width)."""

    def __init__(self, input_shape=(2, 5, 5), kernel_size=3, depth=2):
        input_depth, input_height, input_width = input_shape
        self.depth = depth
        self.input_shape = input_shape
        self.input_depth = input_depth
        self.output_shape = (depth, input_height - kernel_size + 1, input_width - kernel_size + 1)
        self.kernels = np.random.randn(depth, input_depth, kernel_size, kernel_size)
        self.biases = np.random.randn(*self.output_shape)

    def forward(self, input):
        self.input = input
        self.output = np.copy(self.biases)
        for i in range(self.depth):
            for j in range(self.input_depth):
                self.output[i] += correlate(self.input[j], self.kernels[i, j])
        return self.output

    def backward(self, output_gradient, learning_rate):
        dK = np.zeros(self.kernels.shape)
        grad_input = np.zeros(self.input_shape)
        for i in range(self.depth):
            for j in range(self.input_depth):
                dK[i, j] = correlate(self.input[j], output_gradient[i])
                grad_input[j] += convolve_full(output_gradient[i], self.kernels[i, j])
        self.kernels -= learning_rate * dK
        self.biases -= learning_rate * output_gradient
        return grad_input
