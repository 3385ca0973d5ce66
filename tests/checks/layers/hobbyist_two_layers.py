"""Weekend project: predict two house readings from four sensors.

Two layers, written out by hand so that I can see every step.
"""
import numpy as np


def relu(v):
    return np.maximum(v, 0)


class HouseNet:

    def __init__(self):
        rng = np.random.default_rng(20)
        # layer 1: 4 sensors -> 4 hidden units
        self.w1 = rng.normal(0, 0.7, (4, 4))
        self.b1 = rng.normal(0, 0.1, 4)
        # layer 2: 4 hidden units -> 2 readings
        self.w2 = rng.normal(0, 0.7, (4, 2))
        self.b2 = rng.normal(0, 0.1, 2)

    def forward(self, x):
        self.x = x
        self.z1 = x @ self.w1 + self.b1
        self.a1 = relu(self.z1)
        self.z2 = self.a1 @ self.w2 + self.b2
        return self.z2

    def backward(self, d_out):
        """d_out: dLoss/dOutput, comes from the loss function"""
        # layer 2 (no activation)
        d_z2 = d_out
        self.d_w2 = self.x.T @ d_z2
        self.d_b2 = d_z2.sum(axis=0)
        d_a1 = d_z2 @ self.w2.T

        # layer 1
        d_z1 = d_a1 * (self.z1 > 0)
        self.d_w1 = self.x.T @ d_z1
        self.d_b1 = d_z1.sum(axis=0)
        return d_z1 @ self.w1.T
