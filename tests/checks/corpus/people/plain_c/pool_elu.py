from numpy import zeros, exp, empty_like


class AvgPool2D:
    def __init__(self, k=2):
        self.k = k

    def forward(self, x):
        k = self.k
        n, c, h, w = x.shape
        self.shape = x.shape
        y = zeros((n, c, h // k, w // k))
        for i in range(h // k):
            for j in range(w // k):
                y[:, :, i, j] = x[:, :, i * k:(i + 1) * k, j * k:(j + 1) * k].sum(axis=(2, 3)) / (k * k)
        return y

    def backward(self, dy):
        k = self.k
        dx = zeros(self.shape)
        for i in range(dy.shape[2]):
            for j in range(dy.shape[3]):
                for a in range(k):
                    for b in range(k):
                        dx[:, :, i * k + a, j * k + b] = dy[:, :, i, j] / (k * k)
        return dx


class ELU:
    def __init__(self, alpha=1.3):
        self.alpha = alpha

    def forward(self, x):
        self.x = x
        y = empty_like(x)
        flat_x, flat_y = x.ravel(), y.ravel()
        for i in range(flat_x.size):
            v = flat_x[i]
            flat_y[i] = v if v > 0 else self.alpha * (exp(v) - 1.0)
        return y

    def backward(self, dy):
        dx = dy.copy()
        flat_x, flat_dx = self.x.ravel(), dx.ravel()
        for i in range(flat_x.size):
            if flat_x[i] < 0:
                flat_dx[i] *= self.alpha * exp(flat_x[i])
        return dx
