"""What the boxes and lines of a page mean. What does not occur in it is hidden until it does."""

import math

from micrograd_bp.views.drawing.box_styles import ROLES
from micrograd_bp.views.drawing.picture import Picture
from micrograd_bp.views.gradient_flow import Passage
from micrograd_bp.views.names import Role

KINDS = {Passage.SATURATED: "saturated", Passage.OFF: "dead-end"}
"""The classes of CSS of boxes that pass little or nothing on."""


def legend(picture: Picture) -> str:
    """The legend as a list of HTML."""
    boxes = [
        _box(role.value)
        for role in ROLES
        if any(box.role is role and box.passage is Passage.OPEN and box.finite for box in picture.boxes)
    ]
    boxes += [
        _box(kind, occurs=any(box.passage is passage for box in picture.boxes)) for passage, kind in KINDS.items()
    ]
    made = [line.contribution for line in picture.lines if line.contribution is not None]
    signs = [("positive", "positive gradient", 3.0), ("negative", "negative gradient", 3.0)]
    signs += [("nothing", "zero", 1.0), ("not-finite", "nan or inf", 3.6)]
    occurring = {
        "positive": any(each > 0.0 and math.isfinite(each) for each in made),
        "negative": any(each < 0.0 and math.isfinite(each) for each in made),
        "nothing": any(each == 0.0 for each in made),
        "not-finite": not all(map(math.isfinite, made)),
    }
    strokes = [
        _item(
            f'<g class="line {sign}" stroke-width="{width:g}"><path d="M1,7H33"/>'
            + ('<path class="core" d="M1,7H33"/></g>' if sign == "not-finite" else "</g>"),
            words,
            34,
            kind=sign,
            occurs=occurring[sign],
        )
        for sign, words, width in signs
    ]
    return f'<ul class="legend" aria-label="Legend">{"".join([*boxes, *strokes])}</ul>'


def _box(kind: str, *, occurs: bool = True) -> str:
    shapes = '<rect class="shape" x="1" y="1" width="24" height="12" rx="2"/>'
    if kind == Role.OUTPUT.value:
        shapes += '<rect class="inner" x="3.5" y="3.5" width="19" height="7" rx="1"/>'
    return _item(f'<g class="box {kind}">{shapes}</g>', kind.replace("-", " "), kind=kind, occurs=occurs)


def _item(sample: str, words: str, width: int = 26, *, kind: str, occurs: bool) -> str:
    drawn = f'<svg width="{width}" height="14" aria-hidden="true">{sample}</svg>'
    return f'<li data-of="{kind}"{" hidden" * (not occurs)}>{drawn} {words}</li>'
