"""Homework solutions: generalised linear models with their gradients, for scipy.optimize."""
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cost_gradient(theta, X, y, lam=0.5):
    """Logistic regression with a ridge penalty that spares the intercept."""
    m = len(y)
    h = sigmoid(X @ theta)
    J = -(y @ np.log(h) + (1 - y) @ np.log(1 - h)) / m + lam / (2 * m) * theta[1:] @ theta[1:]
    grad = X.T @ (h - y) / m
    grad[1:] += lam / m * theta[1:]
    return J, grad


def linear_cost(theta, X, y):
    residual = X @ theta - y
    return residual @ residual / (2 * len(y))


def linear_cost_gradient(theta, X, y):
    residual = X @ theta - y
    return X.T @ residual / len(y)


def poisson_nll(beta, X, y):
    eta = X @ beta
    mu = np.exp(eta)
    value = np.sum(mu - y * eta)
    score = X.T @ (mu - y)
    return value, score


def softmax_cost(theta, num_classes, data, labels, decay=1e-2):
    """theta: (num_classes * n,) unrolled, data: one column per example"""
    n, m = data.shape
    theta = theta.reshape(num_classes, n)
    logits = theta.dot(data)
    logits = logits - logits.max(axis=0)
    prob = np.exp(logits) / np.exp(logits).sum(axis=0)
    truth = np.zeros((num_classes, m))
    truth[labels, np.arange(m)] = 1
    cost = -np.sum(truth * np.log(prob)) / m + decay / 2 * np.sum(theta ** 2)
    grad = -(truth - prob).dot(data.T) / m + decay * theta
    return cost, grad.ravel()
