"""Arithmetic for products of any length, and how such numbers are written.

A product of a thousand small derivatives is below the smallest float, and a count of paths above the largest. So the
sums over paths are decimals, with an exponent that has room for every chain, and counts are Python's integers.
"""

import math
import sys
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal

from micrograd_bp.views.number_text import number

ARITHMETIC = Context(
    prec=28, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX, capitals=0, clamp=0, flags=[], traps=[]
)
"""28 digits, the largest exponents there are, and inf and nan as in IEEE arithmetic, where Python would raise."""

_FOUR_DIGITS = Context(prec=4, rounding=ROUND_HALF_EVEN, Emin=MIN_EMIN, Emax=MAX_EMAX, capitals=0, traps=[])

WRITTEN_OUT = 10**15
"""Counts are written out below this, and as a power of ten from here on."""


def written(value: Decimal) -> str:
    """A decimal as the other views write a float: four significant digits, `1.2e-400` beyond the range of floats."""
    as_float = float(value)
    if not value.is_finite() or value == 0 or sys.float_info.min <= abs(as_float) < math.inf:
        return number(as_float)
    return _FOUR_DIGITS.to_sci_string(_FOUR_DIGITS.normalize(value))


def counted(count: int) -> str:
    """A count such as `1,024` or `1.126e+15`; of any length, where `str` refuses more than 4300 digits."""
    if count < WRITTEN_OUT:
        return f"{count:,}"
    dropped = max(count.bit_length() - 128, 0)
    return written(ARITHMETIC.multiply(Decimal(count >> dropped), ARITHMETIC.power(Decimal(2), Decimal(dropped))))
