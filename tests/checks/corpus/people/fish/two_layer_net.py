from collections import OrderedDict

import numpy as np

from common.layers import *


class TwoLayerNet:

    def __init__(self, input_size=6, hidden_size=5, output_size=4, std=0.3):
        sizes = [input_size, hidden_size, output_size]
        self.params = {}
        for i, (n, m) in enumerate(zip(sizes, sizes[1:]), start=1):
            self.params[f'W{i}'] = std * np.random.randn(n, m)
            self.params[f'b{i}'] = np.zeros(m)

        self.layers = OrderedDict(
            Affine1=Affine(self.params['W1'], self.params['b1']),
            Relu1=Relu(),
            Affine2=Affine(self.params['W2'], self.params['b2']),
        )
        self.last = SoftmaxWithLoss()

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        y = self.predict(x)
        return self.last.forward(y, t)

    def accuracy(self, x, t):
        return np.mean(self.predict(x).argmax(axis=1) == t.argmax(axis=1))

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last.backward()
        layers = list(self.layers.values())[::-1]
        for layer in layers:
            dout = layer.backward(dout)

        grads = {}
        grads['W1'], grads['b1'] = self.layers['Affine1'].dW, self.layers['Affine1'].db
        grads['W2'], grads['b2'] = self.layers['Affine2'].dW, self.layers['Affine2'].db
        return grads
