"""The drawing of values in which a neuron's parameters stand in a table beside its sum, and a layer in a column."""

from dataclasses import replace

from micrograd_bp.views.drawing.picture import Box, Line, Parameter, Picture
from micrograd_bp.views.modules import layer_of, own_name
from micrograd_bp.views.names import Role
from micrograd_bp.views.text import printable


def with_tables(picture: Picture) -> Picture:
    """A picture of values with fewer boxes: parameters that only one value uses, and not alone, are rows of its box.

    What such a parameter is multiplied by leads to its row. A neuron has no frame; its sum has its name. Where there
    are no such parameters, as in neurons of products and sums, the picture is as it was.
    """
    moved = _moved(picture)
    if not moved:
        return replace(
            picture, notes=[*picture.notes, "no value has several parameters of its own: there are no tables"]
        )
    kept = [place for place in range(len(picture.boxes)) if place not in moved]
    new_places = {old: new for new, old in enumerate(kept)}
    rows: dict[tuple[int, int | None], int] = {}
    tables: dict[int, list[Parameter]] = {}
    for line in picture.lines:
        if line.tail in moved:
            table = tables.setdefault(line.head, [])
            rows[line.head, line.term] = len(table)
            table.append(_row(picture.boxes[line.tail], line))
    lines = []
    for line in picture.lines:
        if line.tail not in moved:
            row = rows.get((line.head, line.term)) if line.term is not None else None
            label = line.label if row is None else ""  # the row has the number
            tail, head = new_places[line.tail], new_places[line.head]
            lines.append(replace(line, tail=tail, head=head, row=row, label=label))
    boxes = [_in_its_layer(picture.boxes[place], tables.get(place, [])) for place in kept]
    return Picture(boxes, lines, picture.framed, dense=True)


def _moved(picture: Picture) -> set[int]:
    """The places of the parameters that become rows."""
    users: dict[int, list[int]] = {}
    for line in picture.lines:
        users.setdefault(line.tail, []).append(line.head)
    used_once: dict[int, list[int]] = {}
    for place, heads in users.items():
        if picture.boxes[place].role is Role.PARAMETER and len(heads) == 1:
            used_once.setdefault(heads[0], []).append(place)
    return {place for places in used_once.values() if len(places) > 1 for place in places}


def _row(box: Box, line: Line) -> Parameter:
    numbers = dict(box.rows)
    return Parameter(box.title, numbers["data"], numbers.get("grad", ""), line.contribution)


def _in_its_layer(box: Box, parameters: list[Parameter]) -> Box:
    """The box without the frame of its neuron."""
    frame, title, subtitle = box.frame, box.title, box.subtitle
    if frame is not None and layer_of(frame) is not frame:
        if parameters:
            title, subtitle = printable(own_name(frame)), title
        frame = layer_of(frame)
    return replace(box, frame=frame, title=title, subtitle=subtitle, parameters=parameters)
