"""A picture in the words of Graphviz: everything that DOT wants written in its own way is in this file."""

from collections.abc import Callable

import graphviz

from micrograd_bp.engine import Origin
from micrograd_bp.views.colours import FAINT, FRAME, INK, THICKEST, THICKEST_OF_MANY, Scale, text_colour
from micrograd_bp.views.drawing.box_styles import ROLES, box_style
from micrograd_bp.views.drawing.columns import gap, lengths, skips_columns
from micrograd_bp.views.drawing.digraph import FONT, Drawing
from micrograd_bp.views.drawing.legend import legend
from micrograd_bp.views.drawing.picture import Box, Line, Picture
from micrograd_bp.views.drawing.rows import rows
from micrograd_bp.views.modules import frame_name, layer_of
from micrograd_bp.views.names import Role
from micrograd_bp.views.text import as_html, as_quoted, printable

TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{padding}">'
FILLER = 50
"""Columns share the room that is left over; so many empty ones take nearly all of it."""

PORTS = {"LR": ("e", "w"), "RL": ("w", "e"), "TB": ("s", "n"), "BT": ("n", "s")}
"""Where lines leave a box and where they enter one."""


def drawing_of(
    picture: Picture, *, direction: str, with_legend: bool, simpler: tuple[Callable[[], Drawing], ...] = ()
) -> Drawing:
    """Writes a picture.

    Args:
        picture: the boxes and lines.
        direction: where the computation goes, in Graphviz's letters.
        with_legend: whether to explain boxes and strokes.
        simpler: makes drawings of the same graph for programs that cannot draw this one.
    """
    drawing = Drawing(name="gradient_flow", format="svg")
    drawing._simpler = simpler
    drawing.attr("graph", rankdir=direction, fontname=FONT, fontsize="10", ranksep="0.45", nodesep="0.18")
    drawing.attr("graph", bgcolor="white", pad="0.15", tooltip=" ")
    drawing.attr("node", fontname=FONT, fontsize="11", fontcolor=INK, margin="0.09,0.05", height="0.30556")  # 22 points
    drawing.attr("edge", fontname=FONT, fontsize="9", fontcolor=INK, arrowsize="0.5")
    if picture.dense:
        splines = "true" if skips_columns(picture) else "line"  # straight ones would pass behind the boxes in between
        drawing.attr("graph", splines=splines, ranksep=f"{gap(picture):.2f}", nodesep="0.1", outputorder="edgesfirst")
        tailport, headport = PORTS[direction]
        drawing.attr("edge", arrowsize="0.4", tailport=tailport, headport=headport)
        drawing.attr("graph", remincross="false")  # a second search for fewer crossings would undo the order of rows
    thickest = THICKEST_OF_MANY if picture.dense else THICKEST
    scale = Scale((line.contribution for line in picture.lines), thickest)
    if with_legend:
        drawing.attr("graph", label=legend(picture, scale), labelloc="b", labeljust="l")
    _write_boxes(drawing, picture, direction)
    for line, length in zip(picture.lines, lengths(picture), strict=True):
        attributes = _line_attributes(line, scale)
        if length > 1:
            attributes["minlen"] = str(length)
        if line.row is not None and direction in ("LR", "RL"):
            attributes["headport"] = f"r{line.row}:{PORTS[direction][1]}"
        drawing.edge(f"n{line.tail}", f"n{line.head}", **attributes)
    return drawing


def _write_boxes(drawing: Drawing, picture: Picture, direction: str) -> None:
    """Writes each box into the frames that it stands in, frames in the order in which they first appear."""
    inside: dict[Origin | None, list[int | Origin | list[int]]] = {None: []}
    for place, box in enumerate(picture.boxes):
        frame = box.frame if picture.framed else None
        entry: int | Origin = place
        while frame is not None and frame not in inside:
            inside[frame] = [entry]
            entry, frame = frame, frame.parent
        inside[frame].append(entry)
    for row in rows(picture) if picture.dense else ():
        inside[picture.boxes[row[0]].frame if picture.framed else None].append(row)
    if direction in ("LR", "RL"):
        _turn(inside)
    stack: list[int | Origin | list[int] | None] = list(reversed(inside[None]))
    frames = 0
    while stack:
        entry_or_end = stack.pop()
        if entry_or_end is None:
            drawing.body.append("\t}\n")
        elif isinstance(entry_or_end, list):
            chain = " -> ".join(f"n{place}" for place in entry_or_end)
            drawing.body.append(f"\t{{rank=same {chain} [style=invis]}}\n")
        elif isinstance(entry_or_end, Origin):
            drawing.body.append(f"\tsubgraph cluster_{frames} {{\n")
            name = as_quoted(printable(frame_name(entry_or_end)))
            style = f"style=rounded color={as_quoted(FRAME)} fontcolor={as_quoted(FAINT)} margin=10 labeljust=l"
            drawing.body.append(f"\t\tgraph [label={name} {style} labelloc=t]\n")
            frames += 1
            stack.append(None)
            stack += reversed(inside[entry_or_end])
        else:
            _write_box(drawing, picture, entry_or_end, direction)


def _write_box(drawing: Drawing, picture: Picture, place: int, direction: str) -> None:
    box = picture.boxes[place]
    attributes = {"shape": "plain"} if box.parameters else box_style(box)
    label = _label_with_parameters(box, direction) if box.parameters else _box_label(box)
    drawing.node(f"n{place}", f"<{label}>", **attributes, tooltip=_tooltip(box.tooltip))


def _turn(inside: dict[Origin | None, list[int | Origin | list[int]]]) -> None:
    """Reverses the rows inside of frames, the frames of neurons, and boxes that stand in no row, such as weights.

    Graphviz makes a drawing that goes sideways by turning one that goes down, and those then stand on their heads.
    """
    for frame, entries in inside.items():
        if frame is not None:
            entries[:] = [entry[::-1] if isinstance(entry, list) else entry for entry in entries]
            if not any(
                isinstance(entry, list) or (isinstance(entry, Origin) and layer_of(entry) is entry) for entry in entries
            ):
                entries.reverse()


def _tooltip(text: str) -> str:
    """Backslashes are read for escapes twice in a tooltip."""
    escaped: str = graphviz.escape(text.replace("&", "&amp;").replace("\\", "\\\\"))
    return escaped


def _box_label(box: Box) -> str:
    """A little table: the title, then a line for each number, then a remark."""
    if box.compact:
        return _compact_label(box)
    title = f"<B>{as_html(box.title)}</B>"
    if box.subtitle:
        title += f'  <FONT COLOR="{FAINT}">{as_html(box.subtitle)}</FONT>'
    whole = f'COLSPAN="{2 + FILLER}"'
    lines = [f"<TR><TD {whole}>{title}</TD></TR>"]
    lines += [
        f'<TR>{_cell(name, FAINT)}{_cell(value, INK, 10)}<TD COLSPAN="{FILLER}"></TD></TR>' for name, value in box.rows
    ]
    if box.remark:
        lines.append(f'<TR><TD {whole}><FONT POINT-SIZE="9"><I>{as_html(box.remark)}</I></FONT></TD></TR>')
    return f"{TABLE.format(padding=1)}{''.join(lines)}</TABLE>"


def _cell(text: str, colour: str, size: int = 9, attributes: str = "") -> str:
    """A cell whose text begins at its left, where it does in a font of any width; DOT refuses an empty text."""
    inner = f'<FONT POINT-SIZE="{size}" COLOR="{colour}">{as_html(text)}&#160;</FONT>' if text else ""
    return f'<TD ALIGN="LEFT"{attributes}>{inner}</TD>'


def _label_with_parameters(box: Box, direction: str) -> str:
    """The label with a table of the parameters before it: each row is a port for what it is multiplied by."""
    shows_gradients = any(parameter.gradient for parameter in box.parameters)
    heading = "".join(_cell(text, FAINT) for text in ("", "data", "grad" if shows_gradients else ""))
    rows = [f"<TR>{heading}</TR>"]
    for place, parameter in enumerate(box.parameters):
        cells = _cell(parameter.name, FAINT, attributes=f' PORT="r{place}"') + _cell(parameter.data, INK)
        rows.append(f"<TR>{cells}{_cell(parameter.gradient, text_colour(parameter.contribution))}</TR>")
    table = f"{TABLE.format(padding=2)}{''.join(rows)}</TABLE>"
    border = 3 if box.role is Role.OUTPUT else 1
    halves = []
    for style, inner, width in ((ROLES[Role.PARAMETER], table, 1), (box_style(box), _box_label(box), border)):
        looks = f'BGCOLOR="{style["fillcolor"]}" COLOR="{style["color"]}" BORDER="{width}"'
        halves.append(f"<TD {looks}>{inner}</TD>")
    if direction == "RL":
        halves.reverse()
    return f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="3"><TR>{"".join(halves)}</TR></TABLE>'


def _compact_label(box: Box) -> str:
    """The same on one line."""
    parts = [f"<B>{as_html(box.title)}</B>", as_html(box.subtitle)]
    parts += [f'<FONT COLOR="{FAINT}">{as_html(name)}</FONT> {as_html(value)}' for name, value in box.rows]
    parts.append(f"<I>{as_html(box.remark)}</I>" if box.remark else "")
    return "  ".join(part for part in parts if part)


def _line_attributes(line: Line, scale: Scale) -> dict[str, str]:
    stroke = scale.stroke(line.contribution)
    attributes = {"color": stroke.colour, "style": stroke.style, "penwidth": f"{stroke.width:g}"}
    if stroke.style == "double":
        third = f"{stroke.width / 3:.2g}"
        attributes |= {"color": f"{stroke.colour}:white:{stroke.colour}", "style": "solid", "penwidth": third}
    if line.label:
        # A cell keeps its distance from the line.
        attributes["label"] = f"<{TABLE.format(padding=3)}<TR><TD>{as_html(line.label)}</TD></TR></TABLE>>"
    if line.tooltip:
        attributes["tooltip"] = attributes["labeltooltip"] = line.tooltip
    return attributes
