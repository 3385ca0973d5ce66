"""sin(πx) / (πx) and its derivatives by arithmetic, on any kind of number.

The derivative of order n of f(t) = sin(t) / t follows from t·fₙ + n·fₙ₋₁ = sin(t + nπ/2) where t is not small, and from
Taylor's series where it is: the recurrence would divide a difference of nearly equal numbers by it.
"""

import math
from functools import lru_cache
from typing import Any

from micrograd_bp.engine.numbers.polynomials import polynomial


def sinc_derivative(xp: Any, x: Any, n: int) -> Any:
    """The derivative of order n of sinc, with the functions of `xp`; order 0 is sinc itself."""
    bound = 1.0 + n / 2.0
    t = math.pi * x
    near = xp.less(xp.abs(t), bound)
    whole = xp.round(x)  # sin and cos of π·x from the rest, so that whole numbers are zeros
    sign = 1.0 - 2.0 * (whole - 2.0 * xp.floor(0.5 * whole))
    sine, cosine = sign * xp.sin(math.pi * (x - whole)), sign * xp.cos(math.pi * (x - whole))
    waves = (sine, cosine, -sine, -cosine)
    divisor = xp.where(near, bound, t)
    far = sine / divisor
    for m in range(1, n + 1):
        far = (waves[m % 4] - float(m) * far) / divisor
    small = xp.where(near, t, 0.0)
    series = polynomial(_coefficients(n), small * small)
    if n % 2:
        series = small * series
    return math.pi**n * xp.where(near, series, far)


@lru_cache(maxsize=64)
def _coefficients(n: int) -> tuple[float, ...]:
    """Those of fₙ in powers of t², of fₙ / t where n is odd; as many as count, the highest power first."""
    bound, coefficients = 1.0 + n / 2.0, []
    k, size = n % 2, 1.0
    while size > 1e-18:
        size = bound**k / math.factorial(k)
        coefficients.append((-1.0) ** ((n + k) // 2) / (math.factorial(k) * (n + k + 1)))
        k += 2
    return tuple(coefficients[::-1])
