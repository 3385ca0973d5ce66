"""The legend of a drawing: a table in Graphviz's HTML that shows the boxes and strokes which occur in it.

It is the label of the whole drawing, so it takes no part in the layout.
"""

from micrograd_bp.views.colours import FAINT, SMALLEST_SHARE, Scale, Sign
from micrograd_bp.views.drawing.box_styles import BROKEN, DEAD_END, REPEATED, ROLES, SATURATED
from micrograd_bp.views.drawing.groups import MEAN_OF_PARAMETERS
from micrograd_bp.views.drawing.picture import Picture
from micrograd_bp.views.gradient_flow import Passage
from micrograd_bp.views.names import Role
from micrograd_bp.views.number_text import number

SIGNS = {
    Sign.POSITIVE: "positive",
    Sign.NEGATIVE: "negative",
    Sign.NOTHING: "zero",
    Sign.NOT_FINITE: "nan or inf",
}
"""What each kind of line says of the gradient along it."""

BARS: dict[Sign, tuple[list[int], int, int]] = {
    Sign.POSITIVE: ([24], 3, 1),
    Sign.NEGATIVE: ([6, 6, 6], 3, 1),
    Sign.NOTHING: ([2, 2, 2, 2], 2, 1),
    Sign.NOT_FINITE: ([24], 1, 2),
}
"""The sample of each: its pieces, its height, and how many there are below one another."""


def roles_in(picture: Picture) -> list[Role]:
    """What boxes there are in a picture that pass their gradient on, in the order of a legend."""
    occurring = {
        box.role for box in picture.boxes if not box.repeats and box.passage is Passage.OPEN and box.finite
    } | {Role.PARAMETER for box in picture.boxes if box.parameters}
    return [role for role in ROLES if role in occurring]


def legend(picture: Picture, scale: Scale) -> str:
    """The legend as an HTML-like label."""
    boxes = [_box(ROLES[role], role.value) for role in roles_in(picture)]
    for passage, style, words in ((Passage.SATURATED, SATURATED, "saturated"), (Passage.OFF, DEAD_END, "dead end")):
        if any(box.passage is passage and box.finite for box in picture.boxes):
            boxes.append(_box(style, words))
    if any(not box.finite for box in picture.boxes):
        boxes.append(_box(BROKEN, "nan or inf"))
    if any(box.repeats for box in picture.boxes):
        boxes.append(_box(REPEATED, "continued from above"))
    rows = [_row(boxes), *_stroke_rows(picture, scale)]
    of_parameters = any(MEAN_OF_PARAMETERS in dict(box.rows) for box in picture.boxes)
    notes = [f"{MEAN_OF_PARAMETERS}: of the parameters p in a box"] if of_parameters else []
    rows += [_row([_text(note)]) for note in (*notes, *picture.notes)]
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">{"".join(rows)}</TABLE>>'


def _stroke_rows(picture: Picture, scale: Scale) -> list[str]:
    contributions = [line.contribution for line in picture.lines]
    known = [contribution for contribution in contributions if contribution is not None]
    if not known:
        return [_row([_text("no gradients yet: backward() has not run")])] if contributions else []
    occurring = picture.signs()
    strokes = [_item(_bar(sign.colour, *BARS[sign]), words) for sign, words in SIGNS.items() if sign in occurring]
    strokes.insert(0, _text("gradient along an edge:"))
    rows = [_row(strokes)]
    if scale.largest:
        magnitudes = [(scale.largest * share, "") for share in (1.0, 0.1, 0.01)]
        if any(0.0 < abs(contribution) <= scale.largest * SMALLEST_SHARE for contribution in known):
            magnitudes.append((scale.largest * SMALLEST_SHARE, " and less"))
        rows.append(
            _row(
                [
                    _text("magnitude:"),
                    *(
                        _item(_bar(FAINT, [24], max(1, round(scale.width(magnitude)))), f"{number(magnitude)}{more}")
                        for magnitude, more in magnitudes
                        if magnitude > 0.0
                    ),
                ]
            )
        )
    return rows


def _row(cells: list[str]) -> str:
    # Columns share the room that is left over; these take nearly all of it.
    cells = [*cells, '<TD COLSPAN="50"></TD>']
    inner = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2"><TR>{"".join(cells)}</TR></TABLE>'
    return f'<TR><TD ALIGN="LEFT">{inner}</TD></TR>'


def _text(text: str) -> str:
    return f'<TD ALIGN="LEFT"><FONT POINT-SIZE="9" COLOR="{FAINT}">{text}</FONT></TD>'


def _item(sample: str, text: str) -> str:
    return f"<TD>{sample}</TD>{_text(f'{text}  ')}"


def _bar(colour: str, pieces: list[int], height: int, rows: int = 1) -> str:
    """A sample of a line, of one or more pieces side by side, single or double."""
    cells = "".join(
        f'<TD FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}" BGCOLOR="{colour}"></TD>' for width in pieces
    )
    line = f"<TR>{cells}</TR>"
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="{4 - rows}" CELLPADDING="0">{rows * line}</TABLE>'


def _box(style: dict[str, str], text: str) -> str:
    """A sample of a box, with its name beside it."""
    looks = f'BGCOLOR="{style["fillcolor"]}" COLOR="{style["color"]}"'
    shape = ",".join(part for part in style.get("style", "").split(",") if part != "filled")
    if shape:
        looks += f' STYLE="{shape}"'
    border = 3 if style.get("penwidth") else 2 if style.get("peripheries") else 1
    table = f'<TABLE BORDER="{border}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" {looks}>'
    cell = '<TD FIXEDSIZE="TRUE" WIDTH="16" HEIGHT="9"></TD>'
    return _item(f"{table}<TR>{cell}</TR></TABLE>", text)
