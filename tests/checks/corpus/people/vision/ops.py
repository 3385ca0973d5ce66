"""Less usual layers of CNNs. Tensors are NHWC here."""
import numpy as np


class DepthwiseConv2D:
    def __init__(self, channels=2, size=3):
        self.w = np.random.randn(size, size, channels) * 0.5
        self.grads = {}

    def forward(self, x):
        self.x = x
        k = self.w.shape[0]
        H, W = x.shape[1] - k + 1, x.shape[2] - k + 1
        out = np.zeros((x.shape[0], H, W, x.shape[3]))
        for i in range(k):
            for j in range(k):
                out += x[:, i:i + H, j:j + W, :] * self.w[i, j]
        return out

    def backward(self, dout):
        k = self.w.shape[0]
        H, W = dout.shape[1:3]
        dx, dw = np.zeros_like(self.x), np.zeros_like(self.w)
        for i in range(k):
            for j in range(k):
                dw[i, j] = np.sum(dout * self.x[:, i:i + H, j:j + W, :], axis=(0, 1, 2))
                dx[:, i:i + H, j:j + W, :] += dout * self.w[i, j]
        self.grads["w"] = dw
        return dx


class TransposedConv2D:
    """Stride 2, kernels 2x2, no overlap: (N, H, W, C) -> (N, 2H, 2W, F)."""

    def __init__(self, in_channels=2, out_channels=3):
        self.kernel = np.random.randn(2, 2, in_channels, out_channels) * 0.5
        self.bias = np.random.randn(out_channels)

    def forward(self, x):
        self.x = x
        n, h, w, _ = x.shape
        out = np.zeros((n, 2 * h, 2 * w, self.bias.size))
        for a in range(2):
            for b in range(2):
                out[:, a::2, b::2, :] = x @ self.kernel[a, b]
        return out + self.bias

    def backward(self, dout):
        self.kernel_grad = np.zeros_like(self.kernel)
        self.bias_grad = dout.sum(axis=(0, 1, 2))
        dx = np.zeros_like(self.x)
        for a in range(2):
            for b in range(2):
                part = dout[:, a::2, b::2, :]
                self.kernel_grad[a, b] = np.tensordot(self.x, part, axes=((0, 1, 2), (0, 1, 2)))
                dx += part @ self.kernel[a, b].T
        return dx


class GlobalAveragePooling:
    def forward(self, x):
        self.in_shape = x.shape
        return x.mean(axis=(1, 2))

    def backward(self, dout):
        n, h, w, c = self.in_shape
        return np.broadcast_to(dout[:, None, None, :], self.in_shape) / (h * w)


class SqueezeExcite:
    """Weighs channels by a gate computed from their means."""

    def __init__(self, channels=4, squeezed=2):
        self.down = np.random.randn(channels, squeezed)
        self.up = np.random.randn(squeezed, channels)

    def forward(self, x):
        self.x = x
        self.mean = x.mean(axis=(1, 2))
        self.hidden = np.maximum(self.mean @ self.down, 0)
        self.gate = 1 / (1 + np.exp(-self.hidden @ self.up))
        return x * self.gate[:, None, None, :]

    def backward(self, dout):
        h, w = self.x.shape[1:3]
        dgate = np.sum(dout * self.x, axis=(1, 2))
        dlogit = dgate * self.gate * (1 - self.gate)
        self.dup = self.hidden.T @ dlogit
        dhidden = (dlogit @ self.up.T) * (self.hidden > 0)
        self.ddown = self.mean.T @ dhidden
        dmean = dhidden @ self.down.T
        return dout * self.gate[:, None, None, :] + dmean[:, None, None, :] / (h * w)


class ContrastiveLoss:
    """Pairs of embeddings, same = 1 pulls together, same = 0 pushes apart up to a margin."""

    def __init__(self, margin=2.5):
        self.margin = margin

    def forward(self, a, b, same):
        self.diff = a - b
        self.dist = np.sqrt(np.sum(self.diff ** 2, axis=1))
        self.gap = np.maximum(self.margin - self.dist, 0)
        self.same = same
        return np.mean(same * self.dist ** 2 + (1 - same) * self.gap ** 2)

    def backward(self):
        pull = 2 * self.same[:, None] * self.diff
        push = -2 * ((1 - self.same) * self.gap / self.dist)[:, None] * self.diff
        da = (pull + push) / len(self.diff)
        return da, -da
