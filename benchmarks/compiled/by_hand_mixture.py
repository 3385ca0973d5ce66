"""By hand: the objective of `mixture.py` and its gradient, in plain NumPy."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def mixture(
    alphas: Array, means: Array, diagonals: Array, lower: Array, points: Array, gamma: float, m: int, constant: float
) -> tuple[float, tuple[Array, Array, Array, Array]]:
    """The mean logarithm of the posterior density of points, and its gradient.

    Args:
        alphas: the logarithms of the components' weights, up to a constant, (k,).
        means: (k, d).
        diagonals: the logarithms of the diagonals of the inverse square roots of the covariances, (k, d).
        lower: what is below those diagonals, row after row, (k, d(d - 1)/2).
        points: (n, d).
        gamma: of the prior.
        m: of the prior.
        constant: what does not depend on the parameters.

    Returns:
        the objective, and its gradient with respect to the first four arguments.
    """
    n, d = points.shape
    rows, columns = np.tril_indices(d, -1)
    places = np.arange(d)
    scales = np.exp(diagonals)
    roots = np.zeros((len(means), d, d))
    roots[:, rows, columns] = lower
    roots[:, places, places] = scales

    centered = points - means[:, None, :]  # (k, n, d)
    scaled = centered @ roots.transpose(0, 2, 1)
    terms = (alphas + diagonals.sum(axis=1))[:, None] - 0.5 * (scaled**2).sum(axis=2)  # (k, n)
    largest = terms.max(axis=0)
    exponentials = np.exp(terms - largest)
    totals = exponentials.sum(axis=0)
    exponentials_of_alphas = np.exp(alphas - alphas.max())
    total_of_alphas = exponentials_of_alphas.sum()
    likelihood = (np.log(totals) + largest).sum() - n * (np.log(total_of_alphas) + alphas.max())
    prior = 0.5 * gamma**2 * ((scales**2).sum() + (lower**2).sum()) - m * diagonals.sum()

    shares = exponentials / totals
    d_scaled = -shares[:, :, None] * scaled
    d_roots = d_scaled.transpose(0, 2, 1) @ centered
    d_centered = d_scaled @ roots
    d_terms = shares.sum(axis=1)
    d_alphas = d_terms - n * exponentials_of_alphas / total_of_alphas
    d_means = -d_centered.sum(axis=1)
    d_diagonals = d_terms[:, None] + d_roots[:, places, places] * scales + gamma**2 * scales**2 - m
    d_lower = d_roots[:, rows, columns] + gamma**2 * lower
    value = (likelihood + prior) / n + constant
    return float(value), (d_alphas / n, d_means / n, d_diagonals / n, d_lower / n)
