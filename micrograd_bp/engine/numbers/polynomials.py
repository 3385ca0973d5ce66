"""Polynomials on any kind of number."""

from collections.abc import Sequence
from typing import Any


def polynomial(coefficients: Sequence[float], x: Any) -> Any:
    """By Horner's rule, the coefficient of the highest power first."""
    value: Any = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value
