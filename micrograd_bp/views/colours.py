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

NEGATIVE_TEXT = "#A84A00"
"""The orange that can be read on a light ground."""

INK, FAINT, FRAME = "#222222", "#666666", "#B8B8B8"

THINNEST, THICKEST, THICKEST_OF_MANY = 0.5, 4.2, 3.4
SMALLEST_SHARE = 1e-6
"""What is smaller than this part of the largest magnitude looks alike."""
STEEPNESS = 0.4
"""Widths follow this power of the magnitude: a half is 3/4 as wide, a tenth 2/5, a thousandth a hair."""


class Stroke(NamedTuple):
    """How an edge is drawn: `style` is solid, dashed, dotted or double."""

    colour: str
    style: str
    width: float


class Scale:
    """From contributions to strokes: the thickest line is the largest magnitude, the thinnest six orders below it.

    A logarithm would be fair to each order, and make nearly all lines of a graph equally wide.

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
        share = min(max(magnitude / self.largest, SMALLEST_SHARE), 1.0)
        return round(THINNEST + (self.thickest - THINNEST) * math.pow(share, STEEPNESS), 2)


def text_colour(contribution: float | None) -> str:
    """The colour of a number that stands for a line."""
    if contribution is None or contribution == 0.0:
        return INK
    if not math.isfinite(contribution):
        return NOT_FINITE
    return POSITIVE if contribution > 0.0 else NEGATIVE_TEXT
