"""Ported from the MATLAB of the lecture; samples are columns throughout."""
import numpy as np


class LayerFC:
    def __init__(self, nIn=4, nOut=3):
        self.Theta = np.random.randn(nOut, nIn)
        self.theta0 = np.random.randn(nOut, 1)

    def fprop(self, X):
        self.X = X
        return self.Theta @ X + self.theta0

    def bprop(self, Delta):
        self.gradTheta = Delta @ self.X.T
        self.gradtheta0 = Delta.sum(axis=1, keepdims=True)
        return self.Theta.T @ Delta


class LayerSoftmaxColumns:
    def fprop(self, Z):
        E = np.exp(Z - Z.max(axis=0))
        self.P = E / E.sum(axis=0)
        return self.P

    def bprop(self, G):
        return self.P * (G - (G * self.P).sum(axis=0))


class LayerStandardize:
    """Each feature (row) to mean zero and variance one over the batch (columns)."""

    def fprop(self, X):
        m = X.mean(axis=1, keepdims=True)
        self.sd = np.sqrt(X.var(axis=1, keepdims=True) + 1e-8)
        self.Z = (X - m) / self.sd
        return self.Z

    def bprop(self, G):
        G0 = G - G.mean(axis=1, keepdims=True)
        return (G0 - self.Z * (G * self.Z).mean(axis=1, keepdims=True)) / self.sd
