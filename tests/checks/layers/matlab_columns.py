# Sigmoid layer, as in our old MATLAB toolbox.
# X is n_in x m (every COLUMN is one sample), A is n_out x m.

import numpy as np


class SigmoidLayer:

    def __init__(self, n_in=4, n_out=2):
        s = np.random.default_rng(1)
        self.W = s.standard_normal((n_out, n_in))
        self.b = s.standard_normal((n_out, 1))

    def forward(self, X):
        self.X = X
        self.Z = np.dot(self.W, X) + self.b
        self.A = 1.0 / (1.0 + np.exp(-self.Z))
        return self.A

    def backward(self, dA):
        """dA = dL/dA (n_out x m). Sets dW, db and returns dL/dX (n_in x m)."""
        dZ = np.multiply(dA, np.multiply(self.A, 1.0 - self.A))
        self.dW = np.dot(dZ, self.X.T)
        self.db = np.sum(dZ, axis=1, keepdims=True)
        dX = np.dot(self.W.T, dZ)
        return dX
