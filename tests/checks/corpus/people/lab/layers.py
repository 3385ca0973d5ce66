"""Lab code base, shared by the group. Parameters and gradients are tuples, lists or properties: see each class."""
import numpy as np


class Conv1D:
    def __init__(self, in_ch=2, out_ch=3, width=3):
        rng = np.random.RandomState(0)
        self.filters = rng.normal(0, 0.5, (out_ch, in_ch, width))
        self.bias = rng.normal(0, 0.5, out_ch)
        self.width = width

    def forward(self, x):
        # x: batch, channel, time; "same" padding
        half = self.width // 2
        self.padded = np.pad(x, ((0, 0), (0, 0), (half, half)))
        T = x.shape[2]
        y = sum(np.einsum('bct,oc->bot', self.padded[:, :, k:k + T], self.filters[:, :, k]) for k in range(self.width))
        return y + self.bias[:, None]

    def backward(self, dy):
        half, T = self.width // 2, dy.shape[2]
        d_filters = np.stack(
            [np.einsum('bot,bct->oc', dy, self.padded[:, :, k:k + T]) for k in range(self.width)], axis=2
        )
        d_padded = np.zeros_like(self.padded)
        for k in range(self.width):
            d_padded[:, :, k:k + T] += np.einsum('bot,oc->bct', dy, self.filters[:, :, k])
        self.gradients = (d_filters, dy.sum(axis=(0, 2)))
        return d_padded[:, :, half:half + T]


class ConvFlipped:
    """Convolution proper, one channel, through correlation with the turned kernel."""

    def __init__(self, size=3):
        self.K = np.random.RandomState(1).randn(size, size)

    @staticmethod
    def _corr(a, k):
        view = np.lib.stride_tricks.sliding_window_view(a, k.shape)
        return np.tensordot(view, k, axes=((2, 3), (0, 1)))

    def forward(self, image):
        self.image = image
        return self._corr(image, self.K[::-1, ::-1])

    def backward(self, delta):
        s = self.K.shape[0] - 1
        self.dK = self._corr(self.image, delta)[::-1, ::-1]
        return self._corr(np.pad(delta, s), self.K)


class InstanceNorm2D:
    def __init__(self, channels=2):
        self.g = np.random.RandomState(2).uniform(0.5, 1.5, channels)
        self.b = np.zeros(channels)

    def forward(self, x):
        mu = x.mean(axis=(2, 3), keepdims=True)
        self.sigma = np.sqrt(x.var(axis=(2, 3), keepdims=True) + 1e-5)
        self.xhat = (x - mu) / self.sigma
        return self.g[:, None, None] * self.xhat + self.b[:, None, None]

    def backward(self, dy):
        self._dg = (dy * self.xhat).sum(axis=(0, 2, 3))
        self._db = dy.sum(axis=(0, 2, 3))
        d = dy * self.g[:, None, None]
        count = dy.shape[2] * dy.shape[3]
        s1 = d.sum(axis=(2, 3), keepdims=True)
        s2 = (d * self.xhat).sum(axis=(2, 3), keepdims=True)
        return (d - s1 / count - self.xhat * s2 / count) / self.sigma

    @property
    def grads(self):
        return [self._dg, self._db]


class FrozenBatchNorm:
    """Batch norm for inference and fine-tuning: statistics are fixed, scale and shift still learn."""

    def __init__(self, n=4):
        r = np.random.RandomState(4)
        self.mean, self.var = r.randn(n), r.uniform(0.5, 2.0, n)
        self.gamma, self.beta = r.randn(n), r.randn(n)

    def forward(self, x):
        self.normed = (x - self.mean) / np.sqrt(self.var + 1e-2)
        return self.gamma * self.normed + self.beta

    def backward(self, dout):
        self.dgamma = np.sum(dout * self.normed, axis=0)
        self.dbeta = np.sum(dout, axis=0)
        return dout * self.gamma / np.sqrt(self.var + 1e-2)


class ResidualTanhBlock:
    """y = x + V tanh(U x + u), parameters in a list."""

    def __init__(self, n=4, width=6):
        r = np.random.RandomState(8)
        self.theta = [r.randn(n, width) * 0.5, r.randn(width), r.randn(width, n) * 0.5]

    def forward(self, x):
        U, u, V = self.theta
        self.x = x
        self.h = np.tanh(x @ U + u)
        return x + self.h @ V

    def backward(self, dy):
        U, u, V = self.theta
        dh = dy @ V.T
        da = dh * (1 - self.h ** 2)
        self.d_theta = [self.x.T @ da, da.sum(axis=0), self.h.T @ dy]
        return dy + da @ U.T


class Bilinear:
    """A score per pair of rows, left' M right."""

    def __init__(self, n=3, m=4):
        self.M = np.random.RandomState(9).randn(n, m)

    def forward(self, left, right):
        self.left, self.right = left, right
        return np.einsum('bi,ij,bj->b', left, self.M, right)

    def backward(self, d):
        self.dM = np.einsum('b,bi,bj->ij', d, self.left, self.right)
        d_left = d[:, None] * (self.right @ self.M.T)
        d_right = d[:, None] * (self.left @ self.M)
        return d_left, d_right


class ElmanSequence:
    """Elman network over a sequence of columns; the initial state is learned."""

    def __init__(self, n_x=2, n_h=3):
        r = np.random.RandomState(12)
        self.Wxh, self.Whh = r.randn(n_h, n_x) * 0.6, r.randn(n_h, n_h) * 0.6
        self.bias, self.h_init = r.randn(n_h, 1), r.randn(n_h, 1)

    def forward(self, xs):
        # xs: time, n_x, batch
        self.xs = xs
        h = np.repeat(self.h_init, xs.shape[2], axis=1)
        self.hs = [h]
        for x in xs:
            h = np.tanh(self.Wxh @ x + self.Whh @ h + self.bias)
            self.hs.append(h)
        return np.array(self.hs[1:])

    def backward(self, dhs):
        self.dWxh, self.dWhh = np.zeros_like(self.Wxh), np.zeros_like(self.Whh)
        self.dbias = np.zeros_like(self.bias)
        dxs = np.zeros_like(self.xs)
        carry = np.zeros_like(self.hs[0])
        for t in range(len(self.xs) - 1, -1, -1):
            dz = (dhs[t] + carry) * (1 - self.hs[t + 1] ** 2)
            self.dWxh += dz @ self.xs[t].T
            self.dWhh += dz @ self.hs[t].T
            self.dbias += dz.sum(axis=1, keepdims=True)
            dxs[t] = self.Wxh.T @ dz
            carry = self.Whh.T @ dz
        self.dh_init = carry.sum(axis=1, keepdims=True)
        return dxs


class CosineLoss:
    def __call__(self, a, b):
        self.a, self.b = a, b
        self.na, self.nb = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
        self.cos = np.sum(a * b, axis=1) / (self.na * self.nb)
        return np.mean(1 - self.cos)

    def gradient(self):
        n = len(self.a)
        along = self.b / (self.na * self.nb)[:, None]
        return -(along - self.a * (self.cos / self.na ** 2)[:, None]) / n
