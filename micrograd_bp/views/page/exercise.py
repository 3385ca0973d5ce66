"""The exercise sheet: gradients, local derivatives or both to be filled in, checked and revealed."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from html import escape

from micrograd_bp.views.drawing.picture import Line, Picture
from micrograd_bp.views.gradient_flow import Passage
from micrograd_bp.views.number_text import number
from micrograd_bp.views.page.scene import Scene
from micrograd_bp.views.page.story import PageStep, forward_formula

GRADIENTS, LOCAL_DERIVATIVES = "gradients", "local derivatives"
BLANK = "?"
"""What stands on a box in place of a gradient that is to be found."""


def worksheet(scene: Scene, hidden: Container[str]) -> str:
    """The sheet: a line for each number that is to be found, in the order of the backward pass."""
    tables = ""
    if LOCAL_DERIVATIVES in hidden:
        question = "What is the local derivative along each line of the drawing?"
        tables += _table(question, "local derivative", _local_derivatives(scene))
    if GRADIENTS in hidden:
        given = "" if LOCAL_DERIVATIVES in hidden else ", and beside each line the local derivative"
        question = f"What is the gradient of each value? The drawing has the data{given}."
        tables += _table(question, "gradient", _gradients(scene))
    return f"""<section id="worksheet">
<h2>Exercise</h2>
<p>Two or three digits are enough. <span class="hint">Stepping shows one contribution after the other.</span></p>
{tables}<p class="answer-tools"><button type="button" id="check" class="primary">Check</button>
<button type="button" id="reveal">Reveal the answers</button> <output id="score"></output></p>
</section>"""


def _table(question: str, what: str, rows: Iterable[str]) -> str:
    return f"""<p>{question}</p>
<table><thead><tr><th scope="col">{"value" if what == "gradient" else "of"}</th><th scope="col">computed as</th>
<th scope="col">{what}</th><th scope="col">result</th></tr></thead>
<tbody>
{"".join(rows)}
</tbody></table>
"""


def _gradients(scene: Scene) -> Iterator[str]:
    names, gradients = scene.recording.names, scene.recording.gradients()
    for box in sorted(asked(scene), reverse=True):
        node = scene.part.order[box]
        made = forward_formula(scene, node) or f"{names[node]} = {number(node.data)}"
        yield _row(f"answer-{box}", names[node], made, box, gradients[node])


def _local_derivatives(scene: Scene) -> Iterator[str]:
    for step in scene.recording.steps:
        if step.node in scene.places and step.operand in scene.places:
            name, made = step.formula.text.partition(" = ")[0], forward_formula(scene, step.node)
            yield _row(f"local-{step.number}", name, made, scene.places[step.node], step.local_derivative)


def _row(field: str, name: str, made: str, box: int, answer: float) -> str:
    return (
        f'<tr data-answer="{number(answer)}"><th scope="row"><label for="{field}"><bdi>{escape(name)}</bdi></label>'
        f'</th><td class="formula">{escape(made)}</td><td><input id="{field}" data-box="{box}" autocomplete="off" '
        f'spellcheck="false"></td><td><output></output></td></tr>'
    )


def asked(scene: Scene) -> set[int]:
    """The boxes whose gradient is to be found: it stands there, and comes from somewhere."""
    receive = {step.operand for step in scene.recording.steps}
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
