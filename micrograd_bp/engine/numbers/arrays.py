"""Arrays, of NumPy or of a namespace that follows the array API standard: the same rules, for many points at once.

What an array library lacks, or means differently, is supplied here: a list of exceptions, never of all operations.
"""

import math
from collections.abc import Callable, Sequence
from functools import reduce
from operator import add, mul
from typing import Any

from micrograd_bp.engine.numbers.floats import Floats
from micrograd_bp.engine.numbers.namespace import Namespace

COMPARISONS = ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")


class Arrays(Namespace):
    """Numbers are arrays of `xp`; comparisons give 1.0 or 0.0; groups of operands are tuples of arrays."""

    def __init__(self, xp: Any) -> None:
        self.xp = xp

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in COMPARISONS:  # arithmetic on truth values differs between libraries
            compare = getattr(self.xp, name)
            return lambda a, b: self.where(compare(a, b), 1.0, 0.0)
        # A user's `sinc` is theirs, whatever NumPy means by it.
        native: Callable[..., Any] | None = getattr(self.xp, name, None) if hasattr(Floats, name) else None
        return super().__getattr__(name) if native is None else native

    def erf(self, x: Any) -> Any:
        return self._element_by_element(math.erf, x)

    def erfc(self, x: Any) -> Any:
        return self._element_by_element(math.erfc, x)

    def _element_by_element(self, function: Callable[[float], float], x: Any) -> Any:
        """Applies a function of `math` that array libraries lack."""
        import numpy

        outcome = numpy.vectorize(function, otypes=[float])(numpy.asarray(x))
        return self.xp.asarray(outcome)

    def sum(self, x: Sequence[Any]) -> Any:
        return reduce(add, x)

    def dot(self, w: Sequence[Any], x: Sequence[Any]) -> Any:
        return reduce(add, map(mul, w, x))

    def logsumexp(self, x: Sequence[Any]) -> Any:
        largest = reduce(self.maximum, x)
        # An infinite largest term is subtracted as 0, since inf - inf would be nan.
        shift = self.where(self.xp.isfinite(largest), largest, 0.0)
        return shift + self.log(self.sum([self.exp(term - shift) for term in x]))
