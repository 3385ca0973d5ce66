import numpy as np


class ReluDense(object):
    '''Relu layer. Parameters, cache and gradients are dicts, so it is easy to
    plug any optimizer in later:

        for k in layer.params: layer.params[k] -= lr * grads[k]
    '''

    def __init__(self, n_in=4, n_out=4):
        rs = np.random.RandomState(2021)
        self.params = {
            'W': rs.randn(n_in, n_out) * np.sqrt(2. / n_in),
            'b': rs.randn(n_out) * 0.1,
        }
        self.cache = {}

    def forward(self, X):
        z = X.dot(self.params['W']) + self.params['b']
        z[z < 0] = 0          # relu, saves a copy
        self.cache = {'X': X, 'A': z}
        return z

    def backward(self, dA):
        X, A = self.cache['X'], self.cache['A']
        dZ = dA.copy()
        dZ[A == 0] = 0
        return {
            'W': X.T.dot(dZ),
            'b': dZ.sum(0),
            'X': dZ.dot(self.params['W'].T),
        }
