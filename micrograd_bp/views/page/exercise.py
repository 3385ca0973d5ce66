"""The exercise sheet: the gradient of each value to be filled in, checked and revealed."""

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from micrograd_bp.views.drawing.picture import Line, Picture
from micrograd_bp.views.number_text import number
from micrograd_bp.views.page.scene import Scene
from micrograd_bp.views.page.story import PageStep, forward_formula

BLANK = "?"
"""What stands on a box in place of a gradient that is to be found."""


def worksheet(scene: Scene) -> str:
    """The sheet: a line for each value that has a gradient to be found, in the order of the backward pass."""
    names, gradients = scene.recording.names, scene.recording.gradients()
    rows = []
    for box in sorted(asked(scene), reverse=True):
        node = scene.part.order[box]
        made = forward_formula(scene, node) or f"{names[node]} = {number(node.data)}"
        name, field = escape(names[node]), f"answer-{box}"
        rows.append(
            f'<tr data-answer="{number(gradients[node])}"><th scope="row"><label for="{field}"><bdi>{name}</bdi>'
            f'</label></th><td class="formula">{escape(made)}</td><td><input id="{field}" data-box="{box}" '
            f'autocomplete="off" spellcheck="false"></td><td><output></output></td></tr>'
        )
    return f"""<section id="worksheet">
<h2>Exercise</h2>
<p>What is the gradient of each value? The drawing has the data, and beside each line the local derivative. Two or three
digits are enough. <span class="hint">Stepping shows one contribution after the other.</span></p>
<table><thead><tr><th scope="col">value</th><th scope="col">computed as</th><th scope="col">gradient</th>
<th scope="col">result</th></tr></thead>
<tbody>
{"".join(rows)}
</tbody></table>
<p class="answer-tools"><button type="button" id="check" class="primary">Check</button>
<button type="button" id="reveal">Reveal the answers</button> <output id="score"></output></p>
</section>"""


def asked(scene: Scene) -> set[int]:
    """The boxes whose gradient is to be found: it stands there, and comes from somewhere."""
    receive = {step.operand for step in scene.recording.steps}
    return {
        scene.places[node]
        for node in receive & scene.places.keys()
        if any(name == "grad" for name, _ in scene.picture.boxes[scene.places[node]].rows)
    }


def without_answers(picture: Picture, blanks: set[int]) -> Picture:
    """The picture with blanks on these boxes, and with lines that do not show what they carry."""
    boxes = [
        replace(box, rows=[(name, BLANK if name == "grad" else text) for name, text in box.rows])
        if i in blanks
        else box
        for i, box in enumerate(picture.boxes)
    ]
    return replace(picture, boxes=boxes, lines=[Line(line.tail, line.head, None, line.label) for line in picture.lines])


def from_blank(story: Sequence[PageStep], blanks: set[int]) -> list[PageStep]:
    """The story with a blank, instead of 0, for a gradient that nothing has been added to yet."""
    untouched = set(blanks)
    told = []
    for step in story:
        changes = []
        for change in step.changes:
            is_first = not step.forward and change.box in untouched
            changes.append(replace(change, before=BLANK) if is_first else change)
            if is_first:
                untouched.remove(change.box)
        told.append(replace(step, changes=changes))
    return told
