"""The shapes and tints of boxes, in the words of Graphviz.

The tints stay apart in grey too, the shapes without any tint, and none is a colour of the gradient.
"""

from micrograd_bp.views.colours import FAINT, NOT_FINITE
from micrograd_bp.views.drawing.picture import Box
from micrograd_bp.views.gradient_flow import Passage
from micrograd_bp.views.names import Role

ROLES: dict[Role, dict[str, str]] = {
    Role.INPUT: {"shape": "box", "style": "rounded,filled", "fillcolor": "#CFE8DB", "color": "#4F7F6A"},
    Role.PARAMETER: {"shape": "box", "style": "filled", "fillcolor": "#FFF1BF", "color": "#A08A3C"},
    Role.CONSTANT: {"shape": "box", "style": "filled", "fillcolor": "#EFEFEF", "color": "#EFEFEF"},
    Role.OPERATION: {"shape": "box", "style": "rounded,filled", "fillcolor": "#FFFFFF", "color": "#444444"},
    Role.OUTPUT: {
        "shape": "box",
        "style": "rounded,filled",
        "fillcolor": "#FFFFFF",
        "color": "#222222",
        "peripheries": "2",
    },
}
DEAD_END = {"fillcolor": "#CFCFCF", "color": "#555555", "style": "rounded,filled,dashed"}
SATURATED = {"fillcolor": "#FFFFFF", "color": "#444444", "style": "rounded,filled,dashed"}
"""Little gets through, where nothing does at a dead end."""
BROKEN = {"fillcolor": "#F7DCEB", "color": NOT_FINITE, "penwidth": "3"}
REPEATED = {"shape": "box", "fillcolor": "#FFFFFF", "color": FAINT, "style": "rounded,filled,dotted"}


def box_style(box: Box) -> dict[str, str]:
    """The attributes of a box."""
    if box.repeats:
        return REPEATED
    style = dict(ROLES[box.role])
    style.update({Passage.OFF: DEAD_END, Passage.SATURATED: SATURATED}.get(box.passage, {}))
    if not box.finite:
        style.update(BROKEN)
    return style
