"""Complex numbers: what a rule runs on where its result is differentiated by a step along the imaginary axis.

f(x + ih) = f(x) + ih·f'(x) up to h², so the imaginary part over h is the derivative, with no difference of nearby
numbers in it: W. Squire and G. Trapp, "Using complex variables to estimate derivatives of real functions", SIAM Review
40 (1998). Real parts decide comparisons, and imaginary parts a tie: the derivative at a kink is that of its right side.
The error functions have no complex form here, nor do functions from outside.
"""

import cmath
import math
import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

from micrograd_bp.engine.numbers.floats import floats
from micrograd_bp.engine.numbers.formulas import evaluate
from micrograd_bp.engine.numbers.namespace import FUNCTIONS
from micrograd_bp.engine.table import OPERATIONS, bind_written

Number = complex | float
_sum = sum


def _order(x: Number) -> tuple[float, float]:
    return x.real, x.imag


def _comparison(holds: Callable[[Any, Any], bool]) -> Callable[[Number, Number], float]:
    """A comparison that a tie does not fool: 0 + ih is beside 0, above it."""
    return lambda a, b: float(holds(_order(a), _order(b)))


def _of_real_part(function: Callable[[float], float]) -> Callable[[Number], float]:
    """A function that is flat between its jumps."""
    return lambda x: function(x.real)


class Complexes:
    """Numbers are floats or complex; comparisons give 1.0 or 0.0; groups of operands are tuples of numbers."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Any other operation by its trace: its rule may use Python's abs, which is another function here."""
        if name in FUNCTIONS:
            if FUNCTIONS[name].from_outside:
                raise NotImplementedError(f"{name} is from outside, and computed for real numbers alone")
            return partial(FUNCTIONS[name].on_arrays, self)
        entry = OPERATIONS[name]

        def result(*operands: Any) -> Any:
            operation, given = bind_written(entry, operands)
            return evaluate([operation.trace.result], operation.environment(given), self)[0]

        return result

    exp, log, log10, sqrt = cmath.exp, cmath.log, cmath.log10, cmath.sqrt
    sin, cos, tan = cmath.sin, cmath.cos, cmath.tan
    asin, acos, atan = cmath.asin, cmath.acos, cmath.atan
    sinh, cosh, tanh = cmath.sinh, cmath.cosh, cmath.tanh
    asinh, acosh, atanh = cmath.asinh, cmath.acosh, cmath.atanh

    greater, greater_equal = staticmethod(_comparison(operator.gt)), staticmethod(_comparison(operator.ge))
    less, less_equal = staticmethod(_comparison(operator.lt)), staticmethod(_comparison(operator.le))
    equal, not_equal = staticmethod(_comparison(operator.eq)), staticmethod(_comparison(operator.ne))
    floor, ceil = staticmethod(_of_real_part(floats.floor)), staticmethod(_of_real_part(floats.ceil))
    trunc, round = staticmethod(_of_real_part(floats.trunc)), staticmethod(_of_real_part(floats.round))
    sign = staticmethod(_of_real_part(floats.sign))

    @staticmethod
    def floor_divide(a: Number, b: Number) -> Number:
        return floats.floor_divide(a.real, b.real)

    @staticmethod
    def remainder(a: Number, b: Number) -> Number:
        return complex(floats.remainder(a.real, b.real), a.imag - b.imag * floats.floor_divide(a.real, b.real))

    @staticmethod
    def fmod(a: Number, b: Number) -> Number:
        rest = math.fmod(a.real, b.real)
        return complex(rest, a.imag + b.imag * floats.round((rest - a.real) / b.real))

    @staticmethod
    def abs(x: Number) -> Number:
        return -x if _order(x) < (0.0, 0.0) else x

    @staticmethod
    def maximum(a: Number, b: Number) -> Number:
        return a if _order(a) > _order(b) else b

    @staticmethod
    def minimum(a: Number, b: Number) -> Number:
        return a if _order(a) < _order(b) else b

    @staticmethod
    def where(condition: Number, a: Number, b: Number) -> Number:
        return a if condition else b

    @staticmethod
    def exp2(x: Number) -> Number:
        return cmath.exp(x * math.log(2.0))

    @staticmethod
    def expm1(x: Number) -> Number:
        real = math.expm1(x.real) * math.cos(x.imag) - 2.0 * math.sin(0.5 * x.imag) ** 2
        return complex(real, math.exp(x.real) * math.sin(x.imag))

    @staticmethod
    def log1p(x: Number) -> Number:
        return complex(math.log1p(x.real), cmath.phase(1.0 + x))

    @staticmethod
    def log2(x: Number) -> Number:
        return cmath.log(x) / math.log(2.0)

    @staticmethod
    def pow(a: Number, b: Number) -> Number:
        if a.real < 0.0 and b.imag == 0.0:  # the angle π of a negative number would drown the small imaginary part
            sign: float = floats.pow(-1.0, b.real)
            return sign * (-a) ** b.real
        return a**b

    @classmethod
    def cbrt(cls, x: Number) -> Number:
        return -((-x) ** (1.0 / 3.0)) if x.real < 0.0 else x ** (1.0 / 3.0)

    @classmethod
    def hypot(cls, x: Number, y: Number) -> Number:
        larger, smaller = (x, y) if abs(x.real) >= abs(y.real) else (y, x)
        ratio = smaller / larger if larger else 0.0
        return cls.abs(larger) * cmath.sqrt(1.0 + ratio * ratio)

    @staticmethod
    def atan2(y: Number, x: Number) -> Number:
        turned = cmath.atan(y / x) if abs(x.real) >= abs(y.real) else -cmath.atan(x / y)
        return complex(math.atan2(y.real, x.real), turned.imag)

    @staticmethod
    def degrees(x: Number) -> Number:
        return x * (180.0 / math.pi)

    @staticmethod
    def radians(x: Number) -> Number:
        return x * (math.pi / 180.0)

    @staticmethod
    def sum(x: Sequence[Number]) -> Number:
        return _sum(x)

    @staticmethod
    def dot(w: Sequence[Number], x: Sequence[Number]) -> Number:
        return _sum([a * b for a, b in zip(w, x, strict=True)])

    @staticmethod
    def logsumexp(x: Sequence[Number]) -> Number:
        largest = max([term.real for term in x])
        return largest + cmath.log(_sum([cmath.exp(term - largest) for term in x]))

    @staticmethod
    def _no_complex_form(*_: Any) -> NoReturn:
        raise NotImplementedError("the error functions are computed for real numbers alone")

    erf = erfc = _no_complex_form


complexes = Complexes()
