"""The drawing as SVG for a page: its colours are classes, its boxes can be chosen, its lines can wait.

Written as the backward pass ends; the script of the page takes it back to the start.
"""

import math
from collections.abc import Sequence
from html import escape

from micrograd_bp.views.colours import THICKEST, THICKEST_OF_MANY, Scale, Sign
from micrograd_bp.views.drawing.geometry import Curve, Frame, Geometry, Point, Rectangle
from micrograd_bp.views.drawing.picture import Box, Picture
from micrograd_bp.views.names import Role
from micrograd_bp.views.page.legend import KINDS

SIDE = 7.5
"""From the edge of a box to its text."""
FIRST_LINE, NEXT_LINE = 14.0, 15.2
"""The baseline of a title, and from it to that of the next line."""
ROW = 14.0
ARROW_WIDTH = 3.4


def svg(picture: Picture, geometry: Geometry, names: Sequence[str], title: str, *, hidden: bool = False) -> str:
    """Writes the drawing.

    Args:
        picture: the boxes and lines.
        geometry: where they stand.
        names: the full name of each box.
        title: what the drawing is of.
        hidden: whether no line is to show its gradient yet.
    """
    width, height = math.ceil(geometry.width), math.ceil(geometry.height)
    parts = [
        f'<svg id="graph" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width * 4 // 3}" '
        f'height="{height * 4 // 3}" role="group" aria-label="{escape(title)}">'
    ]
    parts += map(_frame, geometry.frames)
    parts.append('<path id="halo" d=""/>')
    scale = Scale((line.contribution for line in picture.lines), THICKEST_OF_MANY if picture.dense else THICKEST)
    for i, (line, curve) in enumerate(zip(picture.lines, geometry.curves, strict=True)):
        stroke = scale.stroke(line.contribution)
        is_plain = picture.boxes[line.head].compact
        kind = (stroke.sign or Sign.POSITIVE).value
        parts.append(_line(i, kind, stroke.width, curve, line.label, hidden, is_plain))
    for i, (box, rectangle) in enumerate(zip(picture.boxes, geometry.boxes, strict=True)):
        parts.append(_box(i, box, rectangle, names[i]))
    parts.append('<circle id="messenger" r="5" cx="-99" cy="-99"/></svg>')
    return "\n".join(parts)


def _frame(frame: Frame) -> str:
    return (
        f'<g class="frame"><rect {_rectangle(frame.rectangle)} rx="6"/>'
        f'<text x="{frame.label.x:.1f}" y="{frame.label.y + 3:.1f}">{escape(frame.name)}</text></g>'
    )


def _rectangle(rectangle: Rectangle) -> str:
    x, y, width, height = rectangle
    return f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'


# ---- lines


def _line(i: int, sign: str, width: float, curve: Curve, label: str, hidden: bool, is_plain: bool) -> str:
    """A line with its arrow and label; one that `is_plain`, among thousands, is a stroke alone."""
    start, *rest = curve.points
    path = f"M{_pair(start)}C{' '.join(map(_pair, rest))}"
    attributes = f'class="line {sign}{" waiting" if hidden else ""}" data-line="{i}" stroke-width="{width:g}"'
    if is_plain:
        return f'<path {attributes} d="{path}L{_pair(curve.tip)}"/>'
    core = f'<path class="core" d="{path}"/>' if sign == "not-finite" else ""
    words = label.strip()
    text = (
        f'<text x="{curve.label.x:.1f}" y="{curve.label.y + 1.5:.1f}">{escape(words)}</text>'
        if words and curve.label is not None
        else ""
    )
    return f'<g {attributes}><path d="{path}"/>{core}<path class="tip" d="{_arrow(curve)}"/>{text}</g>'


def _pair(point: Point) -> str:
    return f"{point.x:.1f},{point.y:.1f}"


def _arrow(curve: Curve) -> str:
    """A triangle from the end of the curve to where the line ends."""
    end, tip = curve.points[-1], curve.tip
    length = math.hypot(tip.x - end.x, tip.y - end.y) or 1.0
    across = Point(-(tip.y - end.y) / length * ARROW_WIDTH, (tip.x - end.x) / length * ARROW_WIDTH)
    left, right = Point(end.x + across.x, end.y + across.y), Point(end.x - across.x, end.y - across.y)
    return f"M{_pair(left)}L{_pair(tip)}L{_pair(right)}Z"


# ---- boxes


def _box(i: int, box: Box, rectangle: Rectangle, name: str) -> str:
    kind = box.role.value
    classes = ["box", kind]
    if box.passage in KINDS:
        classes.append(KINDS[box.passage])
    if not box.finite:
        classes.append("broken")
    attributes = f'data-box="{i}" data-kind="{kind}" data-name="{escape(name)}"'
    place = f"translate({rectangle.x:.1f} {rectangle.y:.1f})"
    return (
        f'<g class="{" ".join(classes)}" {attributes} role="button" tabindex="{0 if i == 0 else -1}" '
        f'transform="{place}">{_shape(box, rectangle)}{_texts(box, rectangle)}</g>'
    )


def _shape(box: Box, rectangle: Rectangle) -> str:
    width, height = rectangle.width, rectangle.height
    corner = 1 if box.role in (Role.PARAMETER, Role.CONSTANT) else 6
    shape = f'<rect class="shape" width="{width:.1f}" height="{height:.1f}" rx="{corner}"/>'
    if box.role is Role.OUTPUT:
        shape += f'<rect class="inner" x="4" y="4" width="{width - 8:.1f}" height="{height - 8:.1f}" rx="4"/>'
    return shape


def _texts(box: Box, rectangle: Rectangle) -> str:
    width, height = rectangle.width, rectangle.height
    middle = f"{width / 2:.1f}"
    border = 4.0 if box.role is Role.OUTPUT else 0.0
    is_number = box.role is Role.CONSTANT and not any(name == "data" for name, _ in box.rows)
    title = f'<tspan class="title{" data" * is_number}">{escape(box.title)}</tspan> {escape(box.subtitle)}'
    if box.compact:  # every change of style costs the browser time, a thousand times over
        rows = "".join(
            f' {escape(name)} <tspan class="{_class(name)}">{escape(text)}</tspan>' for name, text in box.rows
        )
        rest = f'<tspan class="rest">{rows} <tspan class="remark">{escape(box.remark)}</tspan></tspan>'
        return f'<text class="head" x="{middle}" y="{height / 2 + 4:.1f}">{title}{rest}</text>'
    lines = len(box.rows) + bool(box.remark)
    y = FIRST_LINE + border if lines else height / 2 + 4
    texts = [f'<text class="head" x="{middle}" y="{y:.1f}">{title}</text>']
    y += NEXT_LINE
    for name, value in box.rows:
        left, right = border + SIDE, width - border - SIDE
        texts.append(f'<text class="key" x="{left:.1f}" y="{y:.1f}">{escape(name)}</text>')
        texts.append(f'<text class="{_class(name)}" x="{right:.1f}" y="{y:.1f}">{escape(value)}</text>')
        y += ROW
    if box.remark:
        texts.append(f'<text class="remark" x="{middle}" y="{y:.1f}">{escape(box.remark)}</text>')
    return " ".join(texts)


def _class(row: str) -> str:
    return "number data" if row == "data" else "number gradient" if "grad" in row else "number"
