"""What the boxes and lines of a page mean. What does not occur in it is hidden until it does."""

from micrograd_bp.views.colours import Sign
from micrograd_bp.views.drawing.legend import SIGNS, roles_in
from micrograd_bp.views.drawing.picture import Picture
from micrograd_bp.views.gradient_flow import Passage
from micrograd_bp.views.names import Role

WIDTHS = {Sign.POSITIVE: 3.0, Sign.NEGATIVE: 3.0, Sign.NOTHING: 1.0, Sign.NOT_FINITE: 3.6}

KINDS = {Passage.SATURATED: "saturated", Passage.OFF: "dead-end"}
"""The classes of CSS of boxes that pass little or nothing on."""


def legend(picture: Picture) -> str:
    """The legend as a list of HTML."""
    boxes = [_box(role.value) for role in roles_in(picture)]
    boxes += [
        _box(kind, occurs=any(box.passage is passage for box in picture.boxes)) for passage, kind in KINDS.items()
    ]
    occurring = picture.signs()
    strokes = [
        _item(
            f'<g class="line {sign.value}" stroke-width="{WIDTHS[sign]:g}"><path d="M1,7H33"/>'
            + ('<path class="core" d="M1,7H33"/></g>' if sign is Sign.NOT_FINITE else "</g>"),
            words + " gradient" * (sign in (Sign.POSITIVE, Sign.NEGATIVE)),
            34,
            kind=sign.value,
            occurs=sign in occurring,
        )
        for sign, words in SIGNS.items()
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
