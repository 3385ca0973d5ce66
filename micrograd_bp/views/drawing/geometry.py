"""Where the boxes, lines and frames of a picture stand: Graphviz lays them out, and this reads what it found.

All lengths are in points, from the upper left corner of the drawing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import unescape
from typing import Any, NamedTuple

from micrograd_bp.views.drawing.dot_text import drawing_of
from micrograd_bp.views.drawing.picture import Picture
from micrograd_bp.views.drawing.renderer import WrongPictureError

POINTS_PER_INCH = 72.0
MARGIN = 12.0
"""Around the drawing."""


class Point(NamedTuple):
    """A place."""

    x: float
    y: float


class Rectangle(NamedTuple):
    """A box or a frame: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        """Its middle."""
        return Point(self.x + self.width / 2, self.y + self.height / 2)


class Curve(NamedTuple):
    """A line: the points of its Bézier curve, where its arrow ends, and where its label stands, if it has one."""

    points: Sequence[Point]
    tip: Point
    label: Point | None


class Frame(NamedTuple):
    """The frame of a module, with its name and the middle of that."""

    rectangle: Rectangle
    name: str
    label: Point


@dataclass(frozen=True)
class Geometry:
    """Where everything stands.

    Attributes:
        width: of the drawing.
        height: of the drawing.
        boxes: one for each box of the picture.
        curves: one for each line of the picture.
        frames: those of modules, the outer ones first.
    """

    width: float
    height: float
    boxes: list[Rectangle]
    curves: list[Curve]
    frames: list[Frame]


def laid_out(picture: Picture, direction: str) -> Geometry:
    """Lets Graphviz place a picture; without its frames if it cannot draw them.

    Raises:
        RenderingError: there is no program for it, or it failed; the message says what to do.
    """
    # What only a browser shows has no place in a layout.
    lines = [replace(line, tooltip="") for line in picture.lines]
    try:
        return _placed(replace(picture, lines=lines), direction)
    except WrongPictureError:
        if not picture.framed:
            raise
        return _placed(Picture(picture.boxes, lines, framed=False), direction)


def _placed(picture: Picture, direction: str) -> Geometry:
    layout = json.loads(drawing_of(picture, direction=direction, with_legend=False).pipe("json0"))
    left, bottom, right, top = map(float, layout["bb"].split(","))

    def place(x: str | float, y: str | float) -> Point:
        return Point(float(x) - left + MARGIN, top - float(y) + MARGIN)  # Graphviz counts upwards

    def rectangle(x0: float, y0: float, x1: float, y1: float) -> Rectangle:
        corner = place(x0, y1)
        return Rectangle(corner.x, corner.y, x1 - x0, y1 - y0)

    boxes: dict[int, Rectangle] = {}
    box_of: dict[int, int] = {}
    frames = []
    for found in layout.get("objects", ()):
        if "pos" in found:
            x, y = map(float, found["pos"].split(","))
            half_width, half_height = (POINTS_PER_INCH * float(found[side]) / 2 for side in ("width", "height"))
            box_of[found["_gvid"]] = box = int(found["name"][1:])
            boxes[box] = rectangle(x - half_width, y - half_height, x + half_width, y + half_height)
        elif "bb" in found:
            name = unescape(str(found["label"]).replace("\\\\", "\\"))
            frames.append(Frame(rectangle(*map(float, found["bb"].split(","))), name, place(*found["lp"].split(","))))
    curves: dict[tuple[int, int], list[Curve]] = {}
    for found in layout.get("edges", ()):
        curves.setdefault((box_of[found["tail"]], box_of[found["head"]]), []).append(_curve(found, place))
    return Geometry(
        right - left + 2 * MARGIN,
        top - bottom + 2 * MARGIN,
        [boxes[i] for i in range(len(picture.boxes))],
        [curves[line.tail, line.head].pop(0) for line in picture.lines],  # those between the same boxes are alike
        frames,
    )


def _curve(found: dict[str, Any], place: Any) -> Curve:
    """Reads `e,x,y x,y x,y …`: the arrow's end, then the points of the curve."""
    tip = None
    points = []
    for word in found["pos"].split():
        *kind, x, y = word.split(",")
        if kind == ["e"]:
            tip = place(x, y)
        else:
            points.append(place(x, y))
    label = place(*found["lp"].split(",")) if "lp" in found else None
    return Curve(points, tip or points[-1], label)
