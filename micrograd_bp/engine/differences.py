"""The derivative of any function of one number by finite differences, with an estimate of its error.

The estimate counts how far differences change from step to step, and the rounding of the function itself. It knows
nothing of Values.
"""

import math
import struct
from collections.abc import Callable
from typing import NamedTuple

EPSILON = 2.0**-52
SHRINK = 8.0
INFORMATIVE = 1e-4
"""A difference whose error is below this part of it can tell a derivative that is wrong by 0.1 %."""

Function = Callable[[float], float]


class Comparison(NamedTuple):
    """One derivative, by the graph and by differences.

    Attributes:
        name: what it is the derivative along.
        gradient: the graph's derivative.
        difference: that of differences.
        relative: how far they are apart, over the larger of the two; where rounding hides more than the tolerance, over
            as much as makes that the tolerance.
        agrees: whether they agree to within the tolerance, or the remark says why a derivative cannot be compared.
        remark: "" or what else there is to say, such as "at a kink".
    """

    name: str
    gradient: float
    difference: float
    relative: float
    agrees: bool
    remark: str = ""

    @classmethod
    def of(cls, name: str, gradient: float, difference: float, error: float, tolerance: float) -> "Comparison":
        """Compares two numbers, of which the difference may be wrong by `error`."""
        apart = abs(gradient - difference)
        # Numbers near the smallest floats have few digits left.
        scale = max(abs(gradient), abs(difference), error / tolerance, 1e-300)
        relative = apart / scale if apart != 0.0 else 0.0
        return cls(name, gradient, difference, relative, relative <= tolerance)


class Estimate(NamedTuple):
    """A derivative, and how wrong it may be."""

    slope: float
    error: float


def compare(
    name: str,
    gradient: float,
    function: Function,
    x: float,
    tolerance: float,
    rounding: float | None = None,
) -> Comparison:
    """Compares a derivative of a function of one number with its finite differences at `x`.

    It is contradicted only where every difference that is good enough to tell does so: over several steps, to both
    sides and to each side alone.

    Args:
        name: what it is the derivative along.
        gradient: the derivative.
        function: of one number; where it raises, it is not defined.
        x: where.
        tolerance: the largest relative difference that passes, besides what the differences say of their own error.
        rounding: how wrong a number that `function` gives may be; if not given, as much as its last digits.
    """
    sides = _estimates(function, x, rounding)
    rows = [estimate for side in sides for estimate in side]
    if not rows:
        return Comparison(name, gradient, math.nan, math.nan, agrees=False)
    best = min(rows, key=lambda estimate: estimate.error)
    found = [each for each in rows if each.error <= INFORMATIVE * max(abs(gradient), abs(each.slope))] or [best]
    comparisons = [Comparison.of(name, gradient, each.slope, 4.0 * each.error, tolerance) for each in found]
    closest = min(comparisons, key=lambda comparison: comparison.relative)
    if closest.agrees:
        straight = Comparison.of(name, gradient, best.slope, 4.0 * best.error, tolerance)
        return straight if straight.agrees else closest
    right, left = ([min(side, key=lambda each: each.error)] if side else [] for side in sides[1:])
    if right and left and min(right, left)[0].slope <= gradient <= max(right, left)[0].slope:
        return Comparison(name, gradient, right[0].slope, 0.0, agrees=True, remark="at a kink")
    return Comparison.of(name, gradient, best.slope, 4.0 * best.error, tolerance)


def numerical_derivative(function: Function, x: float, rounding: float | None = None) -> tuple[float, float]:
    """The derivative by differences, and an estimate of its error.

    Where the function can be evaluated on one side only, the differences are one-sided; where it cannot be at all, the
    answer is (nan, inf).
    """
    rows = [estimate for side in _estimates(function, x, rounding) for estimate in side]
    return min(rows, key=lambda estimate: estimate.error, default=Estimate(math.nan, math.inf))


def _estimates(function: Function, x: float, rounding: float | None) -> list[list[Estimate]]:
    """The derivatives for smaller and smaller steps: to both sides, to the right, and to the left.

    Steps shrink from 10 % of x, or of 1 if that is more, to where they change x in its last digits. Those of one
    direction are extrapolated to a step of 0, and for each step the entry of the table with the least error is taken:
    C. J. F. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Advances in Engineering Software 4 (1982).
    """
    steps = [0.1 * max(abs(x), 1.0)]
    while steps[-1] > 1e-8 * (abs(x) or 1.0):
        steps.append(steps[-1] / SHRINK)
    points = {place: _value(function, place) for step in [0.0, *steps] for place in (x + step, x - step)}
    finite = [value for value in points.values() if not math.isnan(value)]
    if rounding is None:
        rounding = 2.0 * _last_digit(finite) * max(map(abs, finite), default=0.0)
    sides = []
    for right, left in ((1.0, 1.0), (1.0, 0.0), (0.0, 1.0)):
        side: list[Estimate] = []
        row: list[float] = []
        order = 2 if right == left else 1  # of the difference's error, and of the step from one order to the next
        for step in steps:
            above, below = x + right * step, x - left * step
            if above == below or math.isnan(slope := (points[above] - points[below]) / (above - below)):
                row = []
                continue
            previous, row = row[:3], [slope]
            noise = 2.0 * rounding / (above - below)
            estimate = Estimate(slope, math.inf)
            factor = 1.0
            for entry in previous:
                factor *= SHRINK**order
                row.append((factor * row[-1] - entry) / (factor - 1.0))
                error = max(abs(row[-1] - row[-2]), abs(row[-1] - entry)) + noise
                estimate = min(estimate, Estimate(row[-1], error), key=lambda each: each.error)
            if previous:
                side.append(estimate)
        sides.append(side)
    return sides


def _value(function: Function, x: float) -> float:
    try:
        value = function(x)
    except (ValueError, ArithmeticError):
        return math.nan
    return value if math.isfinite(value) else math.nan


def _last_digit(numbers: list[float]) -> float:
    """The relative size of the last digit: that of half or single precision if all numbers have no more digits."""
    for form, size in (("e", 2.0**-10), ("f", 2.0**-23)):
        try:
            if all(struct.unpack(form, struct.pack(form, number))[0] == number for number in numbers):
                return size
        except OverflowError:
            continue
    return EPSILON
