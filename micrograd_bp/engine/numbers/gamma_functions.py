"""The logarithm of |Γ| and its derivatives by arithmetic, on any kind of number.

Near the zeros of log Γ at 1 and 2 it is Taylor's series around 2; far out both are Stirling's series. What lies
between is brought there by Γ(x + 1) = x·Γ(x), and what is negative by the reflection Γ(x)·Γ(-x) = -π / (x·sin πx).
Abramowitz and Stegun, "Handbook of mathematical functions" (1964), chapter 6.
"""

import math
from functools import lru_cache
from typing import Any

from micrograd_bp.engine.numbers.polynomials import polynomial

BERNOULLI = (
    *(1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0),
    *(7.0 / 6.0, -3617.0 / 510.0, 43867.0 / 798.0, -174611.0 / 330.0, 854513.0 / 138.0, -236364091.0 / 2730.0),
)
"""B₂, B₄, B₆, …"""

AROUND_TWO = (
    *(4.22784335098467139e-1, 3.22467033424113218e-1, -6.73523010531980951e-2, 2.05808084277845479e-2),
    *(-7.38555102867398527e-3, 2.89051033074152329e-3, -1.19275391170326098e-3, 5.09669524743042422e-4),
    *(-2.2315475845357938e-4, 9.94575127818085337e-5, -4.49262367381331417e-5, 2.05072127756706916e-5),
    *(-9.4394882752683959e-6, 4.3748667899074878e-6, -2.03921575380136624e-6, 9.55141213040741983e-7),
    *(-4.49246919876456604e-7, 2.12071848055546659e-7, -1.00432248239680996e-7, 4.76981016936398057e-8),
    *(-2.27110946089431649e-8, 1.08386592148969541e-8, -5.18347504197004666e-9, 2.48367454380247832e-9),
    *(-1.19214014058609121e-9, 5.73136724167886201e-10, -2.75952288512423315e-10, 1.33047643742444895e-10),
)
"""log Γ(2 + u) in powers of u, from u on: 1 - γ, then (-1)ᵏ·(ζ(k) - 1) / k."""

FAR = 8.5
HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)


def lgamma(xp: Any, x: Any) -> Any:
    """Log |Γ(x)|, with the functions of `xp`."""
    negative = xp.less(x, 0.0)
    size = xp.abs(x)
    positive = _lgamma_of_positive(xp, size)
    log_pi, log_size = math.log(math.pi), xp.log(size)
    log_sine = xp.log(xp.abs(xp.sin(math.pi * xp.where(negative, x - xp.round(x), 0.5))))
    log_sine = xp.where(xp.less(size, 1e-9), log_pi + log_size, log_sine)  # the smallest floats have few digits
    reflected = xp.where(xp.equal(size, math.inf), size, log_pi - log_size - log_sine - positive)
    return xp.where(negative, reflected, positive)


def _lgamma_of_positive(xp: Any, x: Any) -> Any:
    below_a_half, below_one_and_a_half, far = xp.less(x, 0.5), xp.less(x, 1.5), xp.greater(x, FAR)
    near = xp.where(far, 2.0, x)
    passed = 1.0
    for _ in range(6):  # from 8.5 down to 2.5
        is_above = xp.greater(near, 2.5)
        near = xp.where(is_above, near - 1.0, near)
        passed = xp.where(is_above, passed * near, passed)
    u = xp.where(below_a_half, x, xp.where(below_one_and_a_half, x - 1.0, near - 2.0))
    steps = xp.where(below_one_and_a_half, -xp.log(x), xp.log(passed))
    steps = steps - xp.where(below_a_half, xp.log1p(u), 0.0)
    x = xp.where(far, x, FAR)
    inverse = 1.0 / x
    coefficients = [b / ((2 * k + 2) * (2 * k + 1)) for k, b in enumerate(BERNOULLI)]
    series = inverse * polynomial(coefficients[::-1], inverse * inverse)
    # Not (x - 1/2)·log x - x, which is inf - inf for the largest.
    stirling = (x - 0.5) * (xp.log(x) - 1.0) - 0.5 + HALF_LOG_2_PI + series
    return xp.where(far, stirling, u * polynomial(AROUND_TWO[::-1], u) + steps)


def polygamma(xp: Any, x: Any, n: int) -> Any:
    """The derivative of order n of digamma, the first derivative of log |Γ|; order 0 is digamma itself."""
    reflected = xp.less(x, 0.0)
    y = xp.where(reflected, 1.0 - x, x)
    shift = 10 + n  # from where the series is good
    far = y + float(shift)
    inverse = 1.0 / far
    # (-1)ⁿ⁺¹·ψₙ(y) is Σ n! / (y + k)ⁿ⁺¹, and a series for what comes after the shift.
    terms = [b * (math.factorial(2 * k + 1 + n) / math.factorial(2 * k + 2)) for k, b in enumerate(BERNOULLI)]
    rest = 0.5 * math.factorial(n) * inverse + inverse * inverse * polynomial(terms[::-1], inverse * inverse)
    total = inverse**n * (rest + math.factorial(n - 1)) if n else rest - xp.log(far)
    for k in range(shift - 1, -1, -1):
        total = total + math.factorial(n) * (1.0 / (y + float(k))) ** (n + 1)
    sign = 1.0 if n % 2 else -1.0
    part = xp.where(reflected, x - xp.round(x), 0.25)
    cotangent = xp.sin(math.pi * (0.5 - xp.abs(part))) / xp.sin(math.pi * part)  # 0 where it should be
    derivative = math.pi ** (n + 1) * polynomial(_cotangent_derivative(n), cotangent)
    return xp.where(reflected, -total - derivative, sign * total)


@lru_cache(maxsize=64)
def _cotangent_derivative(order: int) -> tuple[float, ...]:
    """The derivative of this order of cot as a polynomial in cot, the highest power first: c' is -(1 + c²)."""
    rising = [0.0, 1.0]
    for _ in range(order):
        slope = [power * coefficient for power, coefficient in enumerate(rising)][1:]
        rising = [-a - b for a, b in zip([*slope, 0.0, 0.0], [0.0, 0.0, *slope], strict=True)]
    return tuple(rising[::-1])
