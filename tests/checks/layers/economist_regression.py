# Nonlinear regression with one hidden layer.
# The loss is the mean squared error, MSE = (1/n) * sum (fitted - observed)^2.
import numpy as np


class NonlinearRegression:

    def __init__(self, k=4, hidden=5):
        """k: number of regressors, hidden: number of hidden units"""
        np.random.seed(1929)
        self.beta_hidden = np.random.randn(k, hidden) / np.sqrt(k)
        self.alpha_hidden = np.random.randn(hidden) * 0.1
        self.beta_out = np.random.randn(hidden, 1) / np.sqrt(hidden)
        self.alpha_out = np.zeros(1)

    def forward(self, x):
        self.x = x
        self.index = x @ self.beta_hidden + self.alpha_hidden
        self.share = 1 / (1 + np.exp(-self.index))
        self.fitted = self.share @ self.beta_out + self.alpha_out
        return self.fitted

    def loss(self, observed):
        n = observed.shape[0]
        return np.sum((self.fitted - observed) ** 2) / n

    def backward(self, observed):
        """Derivatives of the loss with respect to all coefficients."""
        n = observed.shape[0]
        residual = (self.fitted - observed) / n

        self.d_beta_out = self.share.T @ residual
        self.d_alpha_out = residual.sum(axis=0)

        d_index = (residual @ self.beta_out.T) * self.share * (1 - self.share)
        self.d_beta_hidden = self.x.T @ d_index
        self.d_alpha_hidden = d_index.sum(axis=0)
        return d_index @ self.beta_hidden.T
