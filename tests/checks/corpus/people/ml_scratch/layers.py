import numpy as np


class StochasticGradientDescent():
    def __init__(self, learning_rate=0.01):
        self.learning_rate = learning_rate

    def update(self, w, gradient):
        return w - self.learning_rate * gradient


class Layer(object):
    trainable = True

    def layer_name(self):
        return self.__class__.__name__

    def forward_pass(self, X, training=True):
        raise NotImplementedError()

    def backward_pass(self, accum_grad):
        raise NotImplementedError()


class Dense(Layer):
    def __init__(self, n_units=3, input_shape=(4,), optimizer=None):
        limit = 1 / np.sqrt(input_shape[0])
        self.W = np.random.uniform(-limit, limit, (input_shape[0], n_units))
        self.w0 = np.zeros((1, n_units))
        self.opt = optimizer or StochasticGradientDescent()

    def forward_pass(self, X, training=True):
        self.inputs = X
        return X.dot(self.W) + self.w0

    def backward_pass(self, accum_grad):
        W = self.W  # before the step

        if self.trainable:
            grad_w = self.inputs.T.dot(accum_grad)
            grad_w0 = np.sum(accum_grad, axis=0, keepdims=True)
            self.W = self.opt.update(self.W, grad_w)
            self.w0 = self.opt.update(self.w0, grad_w0)

        accum_grad = accum_grad.dot(W.T)
        return accum_grad


class Dropout(Layer):
    def __init__(self, p=0.2):
        self.p = p
        self._mask = None

    def forward_pass(self, X, training=True):
        c = (1 - self.p)
        if training:
            self._mask = np.random.uniform(size=X.shape) > self.p
            c = self._mask
        return X * c

    def backward_pass(self, accum_grad):
        return accum_grad * self._mask


class Flatten(Layer):
    def forward_pass(self, X, training=True):
        self.prev_shape = X.shape
        return X.reshape((X.shape[0], -1))

    def backward_pass(self, accum_grad):
        return accum_grad.reshape(self.prev_shape)
