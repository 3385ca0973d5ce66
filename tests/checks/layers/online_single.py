"""Online learning: the layer sees one sample (a vector) at a time.

No batches here; call forward(x), then backward(d_out), for each sample.
"""
import math
import random

import numpy as np


class OnlineTanh:
    def __init__(self, n_in=5, n_out=3):
        r = 1 / math.sqrt(n_in)
        self.w = np.array(
            [[random.uniform(-r, r) for _ in range(n_in)] for _ in range(n_out)]
        )
        self.b = np.array([random.uniform(-r, r) for _ in range(n_out)])

    def forward(self, x):
        self.x = np.asarray(x, dtype=float)
        self.y = np.tanh(self.w.dot(self.x) + self.b)
        return self.y

    def backward(self, d_out):
        d_z = d_out * (1 - self.y * self.y)
        self.dw = np.outer(d_z, self.x)
        self.db = d_z
        return self.w.T.dot(d_z)
