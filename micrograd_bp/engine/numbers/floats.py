"""Python's floats, with the functions of `math`: what a rule runs on when a `Value` is made.

A result outside a function's domain or too large for a float raises what Python raises for it.
"""

import math
import sys
from collections.abc import Callable, Sequence
from numbers import Real
from operator import mul
from typing import Any

from micrograd_bp.engine.numbers.namespace import FUNCTIONS, Namespace

# A sum of floats starts from a float, so that the empty sum is one too.
_sum, _round = sum, round


class Floats(Namespace):
    """Numbers are floats; comparisons give 1.0 or 0.0; groups of operands are tuples of floats."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return FUNCTIONS[name].on_floats if name in FUNCTIONS else super().__getattr__(name)

    abs = math.fabs
    exp, expm1, exp2 = math.exp, math.expm1, math.exp2
    log, log1p, log2, log10 = math.log, math.log1p, math.log2, math.log10
    sqrt, cbrt, hypot = math.sqrt, math.cbrt, math.hypot
    sin, cos, tan = math.sin, math.cos, math.tan
    asin, acos, atan, atan2 = math.asin, math.acos, math.atan, math.atan2
    sinh, cosh, tanh = math.sinh, math.cosh, math.tanh
    asinh, acosh, atanh = math.asinh, math.acosh, math.atanh
    erf, erfc = math.erf, math.erfc
    degrees, radians = math.degrees, math.radians

    @staticmethod
    def pow(a: float, b: float) -> float:
        # math.pow reports 0 ** -1 as a ValueError; Python's own ** raises ZeroDivisionError.
        try:
            return math.pow(a, b)
        except ValueError:
            if a == 0.0:
                raise ZeroDivisionError("0 cannot be raised to a negative power") from None
            raise

    @staticmethod
    def remainder(a: float, b: float) -> float:
        return a % b

    @staticmethod
    def floor_divide(a: float, b: float) -> float:
        return a // b

    fmod = math.fmod

    @staticmethod
    def sign(x: float) -> float:
        return 1.0 if x > 0.0 else -1.0 if x < 0.0 else x

    @staticmethod
    def maximum(a: float, b: float) -> float:
        return a if a > b or a != a else b

    @staticmethod
    def minimum(a: float, b: float) -> float:
        return a if a < b or a != a else b

    @staticmethod
    def greater(a: float, b: float) -> float:
        return 1.0 if a > b else 0.0

    @staticmethod
    def greater_equal(a: float, b: float) -> float:
        return 1.0 if a >= b else 0.0

    @staticmethod
    def less(a: float, b: float) -> float:
        return 1.0 if a < b else 0.0

    @staticmethod
    def less_equal(a: float, b: float) -> float:
        return 1.0 if a <= b else 0.0

    @staticmethod
    def equal(a: float, b: float) -> float:
        return 1.0 if a == b else 0.0

    @staticmethod
    def not_equal(a: float, b: float) -> float:
        return 1.0 if a != b else 0.0

    @staticmethod
    def where(condition: float, a: float, b: float) -> float:
        return a if condition else b

    # Python's floor, ceil, trunc and round give integers, which inf and nan are not: IEEE hands those on as they are.

    @staticmethod
    def floor(x: float) -> float:
        return float(math.floor(x)) if math.isfinite(x) else x

    @staticmethod
    def ceil(x: float) -> float:
        return float(math.ceil(x)) if math.isfinite(x) else x

    @staticmethod
    def trunc(x: float) -> float:
        return float(math.trunc(x)) if math.isfinite(x) else x

    @staticmethod
    def round(x: float) -> float:
        return float(_round(x)) if math.isfinite(x) else x

    @staticmethod
    def sum(x: Sequence[float]) -> float:
        return _sum(x, 0.0)

    @staticmethod
    def dot(w: Sequence[float], x: Sequence[float]) -> float:
        return _sum(map(mul, w, x), 0.0)

    @staticmethod
    def logsumexp(x: Sequence[float]) -> float:
        largest = max(x)
        if math.isinf(largest):  # inf - inf would be nan
            return math.nan if any(map(math.isnan, x)) else largest
        return largest + math.log(_sum([math.exp(term - largest) for term in x]))


floats = Floats()


def is_primitive(name: str) -> bool:
    """Whether numbers come with this function, so that no rule is asked for it."""
    return name in vars(Floats) or name in FUNCTIONS


def is_real(number: Any) -> bool:
    """Whether `number` is one real number: an int, float, bool, Fraction or NumPy scalar; not an array or a string."""
    if isinstance(number, (float, int, Real)):  # the abstract class answers slowly, and so is asked last
        return True
    numpy = sys.modules.get("numpy")  # whoever hands us a NumPy bool has imported NumPy
    return numpy is not None and isinstance(number, numpy.bool_)


def as_float(number: Any) -> float:
    """`number` as a float.

    Raises:
        TypeError: it is not one real number.
        OverflowError: it is an integer or a fraction too large for a float.
    """
    if type(number) is float:
        return number
    if is_real(number):
        return float(number)
    raise TypeError(
        f"expected a real number, got {type(number).__name__}: {number!r:.80}; pass an int, a float or a NumPy scalar"
    )
