"""Functions that not even `math` has, or no array library does: how rules come by them on any kind of number."""

import math
from collections.abc import Callable
from typing import Any

from micrograd_bp.engine.numbers import gamma_functions, sinc_functions
from micrograd_bp.engine.numbers.floats import floats
from micrograd_bp.engine.numbers.namespace import FUNCTIONS, Function


def _polygamma(x: float, order: float) -> float:
    if x <= 0.0 and (math.isinf(x) or x == math.floor(x)):
        raise ValueError("there is a pole")
    return float(polygamma(floats, x, order))


def _sinc_derivative(x: float, order: float) -> float:
    if math.isinf(x):
        raise ValueError("there is no sine")
    return float(sinc_derivative(floats, x, order))


def _of_whole_order(function: Callable[[Any, Any, int], Any]) -> Callable[[Any, Any, float], Any]:
    def of_whole_order(xp: Any, x: Any, order: float) -> Any:
        if order < 0 or order != int(order):
            raise ValueError("derivatives are of a whole order")
        return function(xp, x, int(order))

    return of_whole_order


polygamma = _of_whole_order(gamma_functions.polygamma)
sinc_derivative = _of_whole_order(sinc_functions.sinc_derivative)

FUNCTIONS["lgamma"] = Function(math.lgamma, gamma_functions.lgamma)
FUNCTIONS["polygamma"] = Function(_polygamma, polygamma)
FUNCTIONS["sinc_derivative"] = Function(_sinc_derivative, sinc_derivative)
