"""A network that solves a differential equation: u'' + u = 0 with u(0) = 0 and u'(0) = 1, so u = sin.

The loss holds the second derivative of the network with respect to its input; training needs the derivative of that
with respect to the weights. All three come from the same graph.
"""

import math
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from micrograd_bp import MLP, Value, gradients, no_graph

network = MLP(1, [8, 1], activation="tanh", init="xavier", rng=0)
parameters = network.parameters()
POINTS = np.linspace(0.0, math.pi, 24)


def solution(x: Value) -> Value:
    """A function that starts as the solution does, whatever the network says: x + x²·network(x)."""
    output: Value = x + x * x * network(x)
    return output


def equation(number: float) -> Value:
    """What u'' + u leaves at one point; 0 for a solution."""
    x = Value(number, label="x")
    u = solution(x)
    (first,) = gradients(u, [x], create_graph=True)
    (second,) = gradients(first, [x], create_graph=True)
    return second + u


def load(numbers: np.ndarray) -> None:
    """Puts numbers into the network's parameters."""
    for parameter, number in zip(parameters, numbers, strict=True):
        parameter.data = float(number)


def residuals(numbers: np.ndarray) -> np.ndarray:
    """What the equation leaves at every point, for some parameters."""
    load(numbers)
    return np.array([equation(point).data for point in POINTS])


def slopes(numbers: np.ndarray) -> Any:
    """How each residual changes with each parameter."""
    load(numbers)
    return np.array([gradients(equation(point), parameters) for point in POINTS])


fit = least_squares(residuals, [parameter.data for parameter in parameters], jac=slopes, max_nfev=40)
load(fit.x)
between = np.linspace(0.0, math.pi, 101)
with no_graph():
    errors = [abs(solution(Value(point)).data - math.sin(point)) for point in between]
print(f"{fit.nfev} evaluations; largest |u'' + u| at the training points: {np.max(np.abs(fit.fun)):.1e}")
print(f"largest |u - sin| at 101 points of [0, pi], most of them between those: {max(errors):.1e}")
assert max(errors) < 1e-2
