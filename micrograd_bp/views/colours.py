"""How gradients look everywhere: one palette, one scale of widths.

Blue is positive and orange is negative (Okabe and Ito's colours, which colour-blind people tell apart). What is
negative is dashed as well, so that a black-and-white print keeps the sign; grey dots stand for nothing, a double line
for nan and inf.
"""

import math
from collections.abc import Iterable
from decimal import Decimal
from enum import Enum
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


class Sign(Enum):
    """What a gradient is: positive, negative, nothing, or no number; its value is the class of CSS on a page."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    NOTHING = "nothing"
    NOT_FINITE = "not-finite"

    @classmethod
    def of(cls, number: float | Decimal) -> "Sign":
        """The sign of a number; a decimal may be larger than any float."""
        if number != number or abs(number) == math.inf:
            return cls.NOT_FINITE
        return cls.NOTHING if number == 0 else cls.POSITIVE if number > 0 else cls.NEGATIVE

    @property
    def colour(self) -> str:
        """That of a line, and of numbers in a terminal."""
        return COLOURS[self]


COLOURS = {
    Sign.POSITIVE: POSITIVE,
    Sign.NEGATIVE: NEGATIVE,
    Sign.NOTHING: NOTHING,
    Sign.NOT_FINITE: NOT_FINITE,
}
STYLES = {Sign.POSITIVE: "solid", Sign.NEGATIVE: "dashed", Sign.NOTHING: "dotted", Sign.NOT_FINITE: "double"}


class Stroke(NamedTuple):
    """How an edge is drawn; it has no sign where its contribution is not known."""

    sign: Sign | None
    width: float

    @property
    def colour(self) -> str:
        """The colour."""
        return self.sign.colour if self.sign is not None else UNKNOWN

    @property
    def style(self) -> str:
        """Solid, dashed, dotted or double."""
        return STYLES[self.sign] if self.sign is not None else "solid"


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
            return Stroke(None, 1.0)
        sign = Sign.of(contribution)
        if sign in (Sign.POSITIVE, Sign.NEGATIVE):
            return Stroke(sign, self.width(abs(contribution)))
        return Stroke(sign, self.thickest if sign is Sign.NOT_FINITE else 1.0)

    def width(self, magnitude: float) -> float:
        """The width of a line for a magnitude above 0."""
        share = min(max(magnitude / self.largest, SMALLEST_SHARE), 1.0)
        return round(THINNEST + (self.thickest - THINNEST) * math.pow(share, STEEPNESS), 2)


def text_colour(contribution: float | None) -> str:
    """The colour of a number that stands for a line."""
    sign = Sign.NOTHING if contribution is None else Sign.of(contribution)
    return {Sign.NOTHING: INK, Sign.NEGATIVE: NEGATIVE_TEXT}.get(sign, sign.colour)
