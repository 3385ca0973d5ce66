"""
network.py
~~~~~~~~~~
A feedforward network trained by stochastic gradient descent, in plain NumPy.
Activations are column vectors; x and y of backprop are one example.
"""
import random

import numpy as np


class QuadraticCost:
    @staticmethod
    def fn(a, y):
        return 0.5 * np.linalg.norm(a - y) ** 2

    @staticmethod
    def delta(z, a, y):
        return (a - y) * sigmoid_prime(z)


class CrossEntropyCost:
    @staticmethod
    def fn(a, y):
        return np.sum(-y * np.log(a) - (1 - y) * np.log(1 - a))

    @staticmethod
    def delta(z, a, y):
        return a - y


class Network(object):

    def __init__(self, sizes=(4, 5, 3), cost=CrossEntropyCost):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.cost = cost
        self.biases = [np.random.randn(y, 1) for y in sizes[1:]]
        self.weights = [np.random.randn(y, x) / np.sqrt(x) for x, y in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a) + b)
        return a

    def loss(self, x, y):
        return self.cost.fn(self.feedforward(x), y)

    def backprop(self, x, y):
        zs, activations = [], [x]
        for b, w in zip(self.biases, self.weights):
            zs.append(np.dot(w, activations[-1]) + b)
            activations.append(sigmoid(zs[-1]))

        nabla_b = [None] * len(self.biases)
        nabla_w = [None] * len(self.weights)
        delta = self.cost.delta(zs[-1], activations[-1], y)
        for l in reversed(range(len(self.weights))):
            nabla_b[l] = delta
            nabla_w[l] = np.dot(delta, activations[l].T)
            if l > 0:
                delta = np.dot(self.weights[l].T, delta) * sigmoid_prime(zs[l - 1])
        return (nabla_b, nabla_w)

    def train(self, pairs, eta, epochs):
        for _ in range(epochs):
            random.shuffle(pairs)
            for x, y in pairs:
                nabla_b, nabla_w = self.backprop(x, y)
                self.weights = [w - eta * nw for w, nw in zip(self.weights, nabla_w)]
                self.biases = [b - eta * nb for b, nb in zip(self.biases, nabla_b)]


class QuadraticNetwork(Network):
    """The one of chapter 1: quadratic cost, and its own backprop."""

    def __init__(self, sizes=(3, 4, 2)):
        super().__init__(sizes, QuadraticCost)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))
