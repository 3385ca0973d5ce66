"""By hand: the chain and Rosenbrock's function with their gradients."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def chain(x: float, a: float, b: float, rounds: int) -> tuple[float, list[float]]:
    """Rounds of four x = x*a + b and one x = tanh(x*a), with the derivatives along x, a and b.

    There is nothing in it for NumPy to do: floats and a loop.
    """
    multiplied = []  # what was multiplied by a
    outputs = []  # of each tanh
    for _ in range(rounds):
        for _ in range(4):
            multiplied.append(x)
            x = x * a + b
        multiplied.append(x)
        x = math.tanh(x * a)
        outputs.append(x)
    d_x, d_a, d_b = 1.0, 0.0, 0.0
    for y in reversed(outputs):
        d_x *= 1.0 - y * y
        d_a += d_x * multiplied.pop()
        d_x *= a
        for _ in range(4):
            d_b += d_x
            d_a += d_x * multiplied.pop()
            d_x *= a
    return x, [d_x, d_a, d_b]


def rosenbrock(x: Array) -> tuple[float, Array]:
    """100·Σ (xᵢ₊₁ - xᵢ²)² + Σ (1 - xᵢ)², and its gradient."""
    errors = x[1:] - x[:-1] ** 2
    distances = 1.0 - x[:-1]
    value = 100.0 * (errors**2).sum() + (distances**2).sum()
    gradient = np.zeros_like(x)
    gradient[:-1] = -400.0 * x[:-1] * errors - 2.0 * distances
    gradient[1:] += 200.0 * errors
    return float(value), gradient
