import numpy as np


def cofi_cost(X, Theta, Y, R, lam=1.5):
    """Collaborative filtering: X movies x k, Theta users x k, R says which of Y are known."""
    err = (X @ Theta.T - Y) * R
    J = 0.5 * np.sum(err ** 2) + lam / 2 * np.sum(X ** 2) + lam / 2 * np.sum(Theta ** 2)
    X_grad = err @ Theta + lam * X
    Theta_grad = err.T @ X + lam * Theta
    return J, X_grad, Theta_grad
