# port of my C library, same loops
from numpy import zeros, random


class FullyConnected:
    def __init__(self, n_in=4, n_out=3):
        self.n_in = n_in
        self.n_out = n_out
        self.w = random.uniform(-1.0, 1.0, (n_out, n_in))
        self.b = random.uniform(-1.0, 1.0, (n_out))
        self.dw = zeros((n_out, n_in))
        self.db = zeros(n_out)

    def forward(self, x):
        self.x = x
        batch = x.shape[0]
        y = zeros((batch, self.n_out))
        for k in range(batch):
            for j in range(self.n_out):
                acc = self.b[j]
                for i in range(self.n_in):
                    acc += self.w[j, i] * x[k, i]
                y[k, j] = acc
        return y

    def backward(self, dy):
        batch = dy.shape[0]
        dx = zeros((batch, self.n_in))
        self.dw[:] = 0
        self.db[:] = 0
        for k in range(batch):
            for j in range(self.n_out):
                self.db[j] += dy[k, j]
                for i in range(self.n_in):
                    self.dw[j, i] += dy[k, j] * self.x[k, i]
                    dx[k, i] += dy[k, j] * self.w[j, i]
        return dx
