"""Functions that not even `math` has, or no array library does: how rules come by them on any kind of number."""

import math

from micrograd_bp.engine.numbers import gamma_functions, sinc_functions
from micrograd_bp.engine.numbers.floats import floats
from micrograd_bp.engine.numbers.namespace import FUNCTIONS, Function


def _polygamma(x: float, order: float) -> float:
    if order < 0.0 or (x <= 0.0 and (math.isinf(x) or x == math.floor(x))):
        raise ValueError("there is a pole, or no derivative of a negative order")
    return float(gamma_functions.polygamma(floats, x, order))


def _sinc_derivative(x: float, order: float) -> float:
    if order < 0.0 or math.isinf(x):
        raise ValueError("no finite number, or no derivative of a negative order")
    return float(sinc_functions.sinc_derivative(floats, x, order))


FUNCTIONS["lgamma"] = Function(math.lgamma, gamma_functions.lgamma)
FUNCTIONS["polygamma"] = Function(_polygamma, gamma_functions.polygamma)
FUNCTIONS["sinc_derivative"] = Function(_sinc_derivative, sinc_functions.sinc_derivative)
