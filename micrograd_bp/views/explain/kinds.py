"""What a product of local derivatives comes to: regular, 0, inf or nan. The last three say nothing of their factors."""

import math
from enum import IntEnum


class Kind(IntEnum):
    """What a product of local derivatives comes to."""

    REGULAR = 0
    ZERO = 1
    INFINITE = 2
    NAN = 3

    @staticmethod
    def of(factor: float) -> "Kind":
        """The kind of one factor."""
        if math.isfinite(factor):
            return Kind.REGULAR if factor else Kind.ZERO
        return Kind.NAN if math.isnan(factor) else Kind.INFINITE

    def times(self, other: "Kind") -> "Kind":
        """The kind of a product; 0 times inf is nan."""
        if self is other or other is Kind.REGULAR:
            return self
        return other if self is Kind.REGULAR else Kind.NAN


KINDS = tuple(Kind)
KINDS_ABOVE = {
    (product, factor): [above for above in KINDS if above.times(factor) is product]
    for product in KINDS
    for factor in KINDS
}
"""What paths may have come to, if a factor makes the product what it is."""

FIRST_SEEN = (Kind.NAN, Kind.INFINITE, Kind.REGULAR, Kind.ZERO)
"""Which of several kinds of paths one wants to see first."""
