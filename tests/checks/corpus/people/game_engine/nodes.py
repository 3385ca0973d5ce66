import numpy as np

F = np.float32


class Node:
    """Everything runs in float32 on the game's side."""

    def __init__(self):
        self.grads = {}

    def run(self, x):
        return self.forward(x)


class Linear32(Node):
    def __init__(self, fan_in=5, fan_out=4):
        super().__init__()
        rng = np.random.default_rng(11)
        self.p = {"kernel": rng.standard_normal((fan_in, fan_out)).astype(F), "offset": np.zeros(fan_out, F)}

    def forward(self, x):
        self.x = np.asarray(x, dtype=F)
        return self.x @ self.p["kernel"] + self.p["offset"]

    def backward(self, g):
        g = np.asarray(g, dtype=F)
        self.grads = {"kernel": self.x.T @ g, "offset": g.sum(0)}
        return g @ self.p["kernel"].T


class PReLU(Node):
    """One slope for all units, learned."""

    def __init__(self, slope=0.25):
        super().__init__()
        self.slope = slope

    def forward(self, x):
        self.x = x
        return np.where(x >= 0, x, self.slope * x)

    def backward(self, g):
        negative = self.x < 0
        self.dslope = np.sum(g * self.x * negative)
        return np.where(negative, self.slope * g, g)


class ScaleShift(Node):
    def __init__(self, n=4):
        super().__init__()
        self.stretch = np.linspace(0.5, 1.5, n)
        self.push = np.zeros(n)

    def forward(self, x):
        self.x = x
        return self.stretch * x + self.push

    def backward(self, g):
        self.grads["stretch"], self.grads["push"], dx = (g * self.x).sum(0), g.sum(0), g * self.stretch
        return dx


class Swish(Node):
    """x * sigmoid(beta x), beta learned, one per channel."""

    def __init__(self, channels=3):
        super().__init__()
        self.beta = np.ones(channels)

    def forward(self, x):
        self.x = x
        self.s = 1 / (1 + np.exp(-self.beta * x))
        return x * self.s

    def backward(self, g):
        slope = self.s * (1 - self.s)
        self.grads["beta"] = np.sum(g * self.x ** 2 * slope, axis=0)
        return g * (self.s + self.beta * self.x * slope)


class Noise(Node):
    """Drops units with a generator of its own, so that replays are the same."""

    def __init__(self, keep=0.75, seed=3):
        super().__init__()
        self.keep = keep
        self.generator = np.random.default_rng(seed)

    def forward(self, x):
        self.alive = self.generator.random(x.shape) < self.keep
        return x * self.alive / self.keep

    def backward(self, g):
        return g * self.alive / self.keep


class Maxout(Node):
    def __init__(self, n_in=4, n_out=3, pieces=2):
        super().__init__()
        self.W = np.random.default_rng(5).normal(size=(pieces, n_in, n_out))
        self.c = np.random.default_rng(6).normal(size=(pieces, 1, n_out))

    def forward(self, x):
        z = np.matmul(x, self.W) + self.c
        self.x, self.pick = x, z.argmax(axis=0)
        return z.max(axis=0)

    def backward(self, g):
        self.dW, self.dc, dx = np.zeros_like(self.W), np.zeros_like(self.c), np.zeros_like(self.x)
        for k in range(len(self.W)):
            gk = g * (self.pick == k)
            self.dW[k] = self.x.T @ gk
            self.dc[k] = gk.sum(axis=0)
            dx += gk @ self.W[k].T
        return dx
