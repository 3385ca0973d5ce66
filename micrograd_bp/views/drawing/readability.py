"""How well a drawing can be read: measured where Graphviz has put its boxes and lines."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from micrograd_bp.views.drawing.columns import columns
from micrograd_bp.views.drawing.geometry import Curve, Geometry, Point, Rectangle, laid_out
from micrograd_bp.views.drawing.picture import Picture
from micrograd_bp.views.drawing.renderer import RenderingError

SCREEN_WIDTH = 1280.0
PIXELS_PER_POINT = 4.0 / 3.0
SMALLEST_TEXT = 9.0
"""In points; titles have 11."""
LEGIBLE = 8.0
"""Pixels that the smallest text has at least."""
HIGHEST, HIGHEST_IN_COLUMNS = 1_000.0, 1_600.0
"""Pixels: what winds is to be seen at once, columns of neurons may be scrolled through, and rows without end."""
CROSSINGS_PER_LINE = 60.0
NEARLY = 4.0
"""A line may touch a corner, so many points deep."""
BOXES_IN_A_COLUMN, LINES_UP_TO = 24, 500
"""What has more cannot be read, and is not laid out to find that out."""


@dataclass(frozen=True)
class Readability:
    """What is measured.

    Attributes:
        text: the height of the smallest text, in pixels, where the drawing fits the width of a screen.
        height: that of the drawing, in pixels.
        crossings: how often lines cross, for each line.
        hidden: how many lines pass behind a box, as if they ended there.
        highest: the height that it may have.
    """

    text: float
    height: float
    crossings: float
    hidden: int
    highest: float

    @property
    def is_readable(self) -> bool:
        """Whether nothing stands in the way of a reader."""
        return (
            self.text >= LEGIBLE
            and self.height <= self.highest
            and self.crossings <= CROSSINGS_PER_LINE
            and not self.hidden
        )


def first_readable(pictures: Iterable[Picture], direction: str) -> Picture | None:
    """The first picture that can be read, or None; where nothing can be laid out, the first that may be."""
    for picture in pictures:
        fullest = max(Counter(columns(picture)).values())
        if len(picture.lines) > LINES_UP_TO or (fullest > BOXES_IN_A_COLUMN and not _is_folded(picture)):
            continue
        try:
            if readability(picture, direction).is_readable:
                return picture
        except RenderingError:
            return picture
    return None


def readability(picture: Picture, direction: str) -> Readability:
    """Lays a picture out and measures it.

    Raises:
        RenderingError: there is no program for it, or it failed.
    """
    geometry = laid_out(picture, direction)
    scale = min(SCREEN_WIDTH / (PIXELS_PER_POINT * geometry.width), 1.0) * PIXELS_PER_POINT
    return Readability(
        scale * SMALLEST_TEXT,
        scale * geometry.height,
        _crossings(geometry.curves) / max(len(geometry.curves), 1),
        _hidden(picture, geometry),
        _highest(picture),
    )


def _is_folded(picture: Picture) -> bool:
    return any(box.repeats for box in picture.boxes)


def _highest(picture: Picture) -> float:
    if _is_folded(picture):
        return math.inf
    return HIGHEST_IN_COLUMNS if picture.dense else HIGHEST


def _crossings(curves: list[Curve]) -> int:
    """How many pairs of lines cross, each taken from end to end."""
    ends = [(curve.points[0], curve.tip) for curve in curves]
    return sum(_cross(*first, *second) for first, second in combinations(ends, 2))


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _side(a, b, c) * _side(a, b, d) < 0.0 and _side(c, d, a) * _side(c, d, b) < 0.0


def _side(a: Point, b: Point, c: Point) -> float:
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)


def _hidden(picture: Picture, geometry: Geometry) -> int:
    """How many lines pass behind a box that is neither of their ends."""
    hidden = 0
    for line, curve in zip(picture.lines, geometry.curves, strict=True):
        points = _points(curve)
        others = (box for i, box in enumerate(geometry.boxes) if i not in (line.tail, line.head))
        hidden += any(_inside(point, box) for box in others for point in points)
    return hidden


def _points(curve: Curve, pieces: int = 8) -> list[Point]:
    """Points along a curve, which consists of pieces of the third degree."""
    points = []
    for start in range(0, len(curve.points) - 3, 3):
        p = curve.points[start : start + 4]
        for i in range(pieces):
            t = (i + 0.5) / pieces
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            pairs = list(zip(weights, p, strict=True))
            points.append(Point(sum(w * q.x for w, q in pairs), sum(w * q.y for w, q in pairs)))
    return points


def _inside(point: Point, box: Rectangle) -> bool:
    return (
        box.x + NEARLY < point.x < box.x + box.width - NEARLY and box.y + NEARLY < point.y < box.y + box.height - NEARLY
    )
