"""Loss functions."""
import numpy as np


def mse(prediction, target):
    """Mean of the squared differences over all entries."""
    return np.mean((prediction - target) ** 2)


def mse_prime(prediction, target):
    return 2 * (prediction - target) / prediction.size
