"""How gradients look everywhere: one palette, one scale of widths.

Blue is positive and orange is negative (Okabe and Ito's colours, which colour-blind people tell apart). What is
negative is dashed as well, so that a black-and-white print keeps the sign; grey dots stand for nothing, a double line
for nan and inf.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

POSITIVE = "#0072B2"
NEGATIVE = "#D55E00"
NOTHING = "#8A8A8A"
UNKNOWN = "#5A5A5A"
NOT_FINITE = "#B0307F"

INK, FAINT, FRAME = "#222222", "#666666", "#B8B8B8"

ORDERS_OF_MAGNITUDE = 6
THINNEST, THICKEST, THICKEST_OF_MANY = 0.6, 3.6, 2.8


class Stroke(NamedTuple):
    """How an edge is drawn: `style` is solid, dashed, dotted or double."""

    colour: str
    style: str
    width: float


class Scale:
    """From contributions to strokes: the thickest line is the largest magnitude, the thinnest six orders below it.

    Attributes:
        thickest: the width of the thickest line.
        largest: the largest finite magnitude; 0.0 if there is none.
    """

    def __init__(self, contributions: Iterable[float | None], thickest: float = THICKEST) -> None:
        self.thickest = thickest
        self.largest = max(
            (abs(each) for each in contributions if each is not None and math.isfinite(each)), default=0.0
        )

    def stroke(self, contribution: float | None) -> Stroke:
        """The line for one contribution; plain grey where it is not known."""
        if contribution is None:
            return Stroke(UNKNOWN, "solid", 1.0)
        if not math.isfinite(contribution):
            return Stroke(NOT_FINITE, "double", self.thickest)
        if contribution == 0.0:
            return Stroke(NOTHING, "dotted", 1.0)
        width = self.width(abs(contribution))
        return Stroke(POSITIVE, "solid", width) if contribution > 0.0 else Stroke(NEGATIVE, "dashed", width)

    def width(self, magnitude: float) -> float:
        """The width of a line for a magnitude above 0."""
        orders_below = math.log10(self.largest) - math.log10(magnitude)
        visible = min(max(1.0 - orders_below / ORDERS_OF_MAGNITUDE, 0.0), 1.0)
        return round(THINNEST + (self.thickest - THINNEST) * visible, 2)
