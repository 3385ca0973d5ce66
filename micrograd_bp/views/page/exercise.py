"""What an exercise sheet leaves blank in the drawing: gradients, local derivatives or both."""

from collections.abc import Container
from dataclasses import replace

from micrograd_bp.views.drawing.picture import Line, Picture
from micrograd_bp.views.gradient_flow import Passage
from micrograd_bp.views.page.scene import Scene

GRADIENTS, LOCAL_DERIVATIVES = "gradients", "local derivatives"
BLANK = "?"
"""What stands on a box in place of a gradient that is to be found."""


def asked(scene: Scene) -> set[int]:
    """The boxes whose gradient is to be found: it stands there, and comes from somewhere."""
    receive = {operand for node in scene.graph.order for operand in node.operands}
    return {
        scene.places[node]
        for node in receive & scene.places.keys()
        if any(name == "grad" for name, _ in scene.picture.boxes[scene.places[node]].rows)
    }


def without_answers(picture: Picture, blanks: set[int], hidden: Container[str]) -> Picture:
    """The picture with blanks on these boxes, and with lines that do not show what they carry."""
    boxes = [
        replace(box, rows=[(name, BLANK if name == "grad" else text) for name, text in box.rows])
        if i in blanks
        else box
        for i, box in enumerate(picture.boxes)
    ]
    lines = [Line(line.tail, line.head, None, line.label) for line in picture.lines]
    if LOCAL_DERIVATIVES in hidden:
        boxes = [replace(box, remark="", passage=Passage.OPEN) for box in boxes]
        lines = [replace(line, label="") for line in lines]
    return replace(picture, boxes=boxes, lines=lines)
