"""Arrays, of NumPy or of a namespace that follows the array API standard: the same rules, for many points at once.

What an array library lacks, or means differently, is supplied here: a list of exceptions, never of all operations.
"""

import math
import operator
from collections.abc import Callable, Sequence
from functools import partial, reduce
from operator import add, mul
from typing import Any

from micrograd_bp.engine.numbers import error_functions
from micrograd_bp.engine.numbers.floats import Floats
from micrograd_bp.engine.numbers.namespace import FUNCTIONS, Namespace

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "less": operator.lt,
    "less_equal": operator.le,
    "equal": operator.eq,
    "not_equal": operator.ne,
}

OF_TWO = ("pow", "atan2", "hypot", "maximum", "minimum", "remainder", "floor_divide", "fmod")


class Arrays(Namespace):
    """Numbers are arrays of `xp`; comparisons give 1.0 or 0.0; groups of operands are tuples of arrays."""

    def __init__(self, xp: Any) -> None:
        self.xp = xp

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in COMPARISONS:
            compare = COMPARISONS[name]
            return lambda a, b: _number(self.xp, compare(a, b), a, b)
        if name in FUNCTIONS:
            return partial(FUNCTIONS[name].on_arrays, self)
        if not hasattr(Floats, name):  # a user's `softmax` is theirs, whatever the library means by it
            return super().__getattr__(name)
        function = getattr(self.xp, name, None)
        if function is None and name in LACKING:
            lacking = LACKING[name]
            return lambda *operands: lacking(self, *operands)
        if function is None:
            raise AttributeError(f"{self.xp.__name__} has no function {name!r}, as the array API standard asks for")
        return self._of_two(function) if name in OF_TWO else function

    def _of_two(self, function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
        """A function of two arrays, one of which may be a plain number; not all libraries allow that."""

        def of_two(a: Any, b: Any) -> Any:
            try:
                return function(a, b)
            except TypeError:
                if _is_array(a) == _is_array(b):
                    raise
                return function(a, self._filled(a, b)) if _is_array(a) else function(self._filled(b, a), b)

        return of_two

    def _filled(self, like: Any, number: float) -> Any:
        return self.xp.full_like(like, number)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        if not _is_array(condition):
            like = next((each for each in (a, b) if _is_array(each)), None)
            if like is None:
                return a if condition else b
            condition = self._filled(like, condition)
        elif not _is_array(a) and not _is_array(b):
            a = self._filled(condition, a)  # since two plain numbers would say nothing of their type
        return self.xp.where(condition != 0.0, a, b)  # the standard asks for truth values

    def sum(self, x: Sequence[Any]) -> Any:
        return reduce(add, x)

    def dot(self, w: Sequence[Any], x: Sequence[Any]) -> Any:
        return reduce(add, map(mul, w, x))

    def logsumexp(self, x: Sequence[Any]) -> Any:
        largest = reduce(self.maximum, sorted(x, key=_is_array, reverse=True))  # plain numbers do not meet each other
        # An infinite largest term is subtracted as 0, since inf - inf would be nan.
        shift = self.xp.where(self.xp.isfinite(largest), largest, 0.0)
        return shift + self.log(self.sum([self.exp(term - shift) for term in x]))


def _is_array(number: Any) -> bool:
    return hasattr(number, "dtype")


def _number(xp: Any, truth: Any, *compared: Any) -> Any:
    """Truth as 1.0 or 0.0, of the type of what was compared: arithmetic on truth values differs between libraries."""
    for each in compared:
        if _is_array(each):
            if hasattr(truth, "astype"):
                return truth.astype(each.dtype)
            return xp.astype(truth, each.dtype) if hasattr(xp, "astype") else truth.to(each.dtype)
    return float(truth)


def _cbrt(xp: Any, x: Any) -> Any:
    """The power 1/3 of |x|, improved by a step of Newton's method, with the sign of x."""
    size = xp.abs(x)
    root = xp.pow(size, 1.0 / 3.0)
    step = (root - size / (root * root + xp.equal(root, 0.0))) / 3.0
    root = xp.where(step - step, root, root - step)  # at inf the step is nan, which counts as true
    return xp.where(xp.less(x, 0.0), -root, root)


LACKING: dict[str, Callable[..., Any]] = {
    "erf": error_functions.erf,
    "erfc": error_functions.erfc,
    "cbrt": _cbrt,
    "exp2": lambda xp, x: xp.pow(2.0, x),
    "fmod": lambda xp, a, b: xp.where(xp.less(a, 0.0), -1.0, 1.0) * xp.remainder(abs(a), abs(b)),
    "degrees": lambda _, x: x * (180.0 / math.pi),
    "radians": lambda _, x: x * (math.pi / 180.0),
}
"""Functions that the standard does not ask for, for libraries that do not have them."""
