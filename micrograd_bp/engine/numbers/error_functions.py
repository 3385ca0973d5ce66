"""erf and erfc by arithmetic, for arrays: W. J. Cody, "Rational Chebyshev approximation for the error function" (1969).

Three quotients of polynomials: erf(x)/x in x² up to 0.46875; beyond, exp(x²)·erfc(x) in x up to 4, and in 1/x² from
there. The coefficients are those of his CALERF (netlib, SPECFUN), good for 18 digits, the highest power first.
"""

import math
from typing import Any

from micrograd_bp.engine.numbers.polynomials import polynomial

NEAR, FAR = 0.46875, 4.0

NEAR_NUMERATOR = (
    *(1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2),
    *(3.77485237685302021e2, 3.20937758913846947e3),
)
NEAR_DENOMINATOR = (
    *(1.0, 2.36012909523441209e1, 2.44024637934444173e2),
    *(1.28261652607737228e3, 2.84423683343917062e3),
)
MIDDLE_NUMERATOR = (
    *(2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594),
    *(6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2),
    *(1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3),
)
MIDDLE_DENOMINATOR = (
    *(1.0, 1.57449261107098347e1, 1.17693950891312499e2),
    *(5.37181101862009858e2, 1.62138957456669019e3, 3.29079923573345963e3),
    *(4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)
FAR_NUMERATOR = (
    *(1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1),
    *(1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
)
FAR_DENOMINATOR = (
    *(1.0, 2.56852019228982242, 1.87295284992346725),
    *(5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3),
)


def erf(xp: Any, x: Any) -> Any:
    """The error function with the functions of `xp`."""
    size = xp.abs(x)
    tail = 1.0 - _tail(xp, size)
    return xp.where(xp.greater(size, NEAR), xp.where(xp.less(x, 0.0), -tail, tail), _near(xp, x, size))


def erfc(xp: Any, x: Any) -> Any:
    """1 - erf(x), also where that is tiny."""
    size = xp.abs(x)
    tail = _tail(xp, size)
    return xp.where(xp.greater(size, NEAR), xp.where(xp.less(x, 0.0), 2.0 - tail, tail), 1.0 - _near(xp, x, size))


def _near(xp: Any, x: Any, size: Any) -> Any:
    square = xp.minimum(size, NEAR) ** 2
    return x * polynomial(NEAR_NUMERATOR, square) / polynomial(NEAR_DENOMINATOR, square)


def _tail(xp: Any, size: Any) -> Any:
    """1 - erf of a number from 0.46875 on."""
    size = xp.minimum(xp.maximum(size, NEAR), 28.0)  # where erfc is less than any float
    inverse = 1.0 / (size * size)
    middle = polynomial(MIDDLE_NUMERATOR, size) / polynomial(MIDDLE_DENOMINATOR, size)
    far = inverse * polynomial(FAR_NUMERATOR, inverse) / polynomial(FAR_DENOMINATOR, inverse)
    factor = xp.where(xp.greater(size, FAR), (1.0 / math.sqrt(math.pi) - far) / size, middle)
    # exp(-x²) loses digits where x² does: of x = rounded + rest, the square of the first part is exact.
    rounded = xp.floor(16.0 * size) / 16.0
    return xp.exp(-rounded * rounded) * xp.exp(-(size - rounded) * (size + rounded)) * factor
