import numpy as np
from common.functions import *
from common.util import im2col, col2im


class Relu:
    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = (x <= 0)
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout = dout.copy()
        dout[self.mask] = 0
        dx = dout
        return dx


class Sigmoid:
    def __init__(self):
        self.out = None

    def forward(self, x):
        out = sigmoid(x)
        self.out = out
        return out

    def backward(self, dout):
        dx = dout * (1.0 - self.out) * self.out
        return dx


class Affine:
    def __init__(self, W, b):
        self.W = W
        self.b = b
        self.x = None
        self.shape_in = None
        self.dW = None
        self.db = None

    def forward(self, x):
        self.shape_in = x.shape
        self.x = x.reshape(x.shape[0], -1)
        return np.dot(self.x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx.reshape(*self.shape_in)


class SoftmaxWithLoss:
    def __init__(self):
        self.loss = None
        self.y = None  # probabilities
        self.t = None  # targets

    def forward(self, x, t):
        self.t = t
        self.y = softmax(x)
        self.loss = cross_entropy_error(self.y, self.t)
        return self.loss

    def backward(self, dout=1):
        n = self.t.shape[0]
        if self.t.ndim == self.y.ndim:
            dx = (self.y - self.t) / n
        else:
            dx = self.y.copy()
            dx[np.arange(n), self.t] -= 1
            dx = dx / n
        return dx


class Dropout:
    def __init__(self, ratio=0.5):
        self.ratio = ratio
        self.mask = None

    def forward(self, x, training=True):
        if training:
            self.mask = np.random.rand(*x.shape) > self.ratio
            return x * self.mask
        else:
            return x * (1.0 - self.ratio)

    def backward(self, dout):
        return dout * self.mask


class BatchNormalization:
    def __init__(self, gamma, beta, momentum=0.9, running_mean=None, running_var=None):
        self.gamma = gamma
        self.beta = beta
        self.momentum = momentum
        self.running_mean = running_mean
        self.running_var = running_var
        self.n = None
        self.centered = None
        self.std = None
        self.dgamma = None
        self.dbeta = None

    def forward(self, x, training=True):
        if self.running_mean is None:
            self.running_mean = np.zeros(x.shape[1])
            self.running_var = np.zeros(x.shape[1])
        if training:
            mu = x.mean(axis=0)
            centered = x - mu
            var = np.mean(centered**2, axis=0)
            std = np.sqrt(var + 1e-6)
            normed = centered / std
            self.n = x.shape[0]
            self.centered = centered
            self.normed = normed
            self.std = std
            self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mu
            self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            normed = (x - self.running_mean) / np.sqrt(self.running_var + 1e-6)
        return self.gamma * normed + self.beta

    def backward(self, dout):
        self.dbeta = dout.sum(axis=0)
        self.dgamma = np.sum(self.normed * dout, axis=0)
        dnormed = self.gamma * dout
        dcentered = dnormed / self.std
        dstd = -np.sum(dnormed * self.centered, axis=0) / self.std**2
        dvar = 0.5 * dstd / self.std
        dcentered += 2.0 * self.centered * dvar / self.n
        dmu = np.sum(dcentered, axis=0)
        return dcentered - dmu / self.n


class Convolution:
    def __init__(self, W, b, stride=1, pad=0):
        self.W = W
        self.b = b
        self.stride = stride
        self.pad = pad
        self.x = None
        self.patches = None
        self.flat_W = None
        self.dW = None
        self.db = None

    def forward(self, x):
        F, C, KH, KW = self.W.shape
        N, C, H, W = x.shape
        out_h = 1 + (H + 2 * self.pad - KH) // self.stride
        out_w = 1 + (W + 2 * self.pad - KW) // self.stride

        patches = im2col(x, KH, KW, self.stride, self.pad)
        flat_W = self.W.reshape(F, -1).T
        out = np.dot(patches, flat_W) + self.b
        out = out.reshape(N, out_h, out_w, F).transpose(0, 3, 1, 2)

        self.x, self.patches, self.flat_W = x, patches, flat_W
        return out

    def backward(self, dout):
        F, C, KH, KW = self.W.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, F)

        self.db = dout.sum(axis=0)
        self.dW = np.dot(self.patches.T, dout).T.reshape(F, C, KH, KW)

        dcols = np.dot(dout, self.flat_W.T)
        dx = col2im(dcols, self.x.shape, KH, KW, self.stride, self.pad)
        return dx


class Pooling:
    def __init__(self, pool_h=2, pool_w=2, stride=2, pad=0):
        self.pool_h = pool_h
        self.pool_w = pool_w
        self.stride = stride
        self.pad = pad
        self.x = None
        self.winners = None

    def forward(self, x):
        N, C, H, W = x.shape
        out_h = 1 + (H - self.pool_h) // self.stride
        out_w = 1 + (W - self.pool_w) // self.stride

        patches = im2col(x, self.pool_h, self.pool_w, self.stride, self.pad).reshape(-1, self.pool_h * self.pool_w)
        self.winners = np.argmax(patches, axis=1)
        self.x = x
        return patches.max(axis=1).reshape(N, out_h, out_w, C).transpose(0, 3, 1, 2)

    def backward(self, dout):
        dout = dout.transpose(0, 2, 3, 1)
        area = self.pool_h * self.pool_w
        spread = np.zeros((dout.size, area))
        spread[np.arange(self.winners.size), self.winners] = dout.flatten()
        dcols = spread.reshape(dout.shape[0] * dout.shape[1] * dout.shape[2], -1)
        return col2im(dcols, self.x.shape, self.pool_h, self.pool_w, self.stride, self.pad)
