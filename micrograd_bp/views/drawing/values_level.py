"""The drawing in which each value has its own box."""

import math

from micrograd_bp.engine import Value
from micrograd_bp.views.drawing.picture import Box, Line, Picture
from micrograd_bp.views.gradient_flow import GradientFlow, Passage, contribution, passage
from micrograd_bp.views.names import LONGEST, Names, Role
from micrograd_bp.views.number_text import number, share
from micrograd_bp.views.steps.operand_names import operand_name
from micrograd_bp.views.subgraph import Subgraph
from micrograd_bp.views.text import printable

LABELS_UP_TO = 300
"""With more values than this, local derivatives are tooltips: as labels they multiply the time of the layout by ten."""


def picture_of_values(part: Subgraph, roles: Names, flow: GradientFlow | None, *, framed: bool = True) -> Picture:
    """A box for each value of a part and a line for each operand; no gradients if there is no `flow`.

    Names are those inside the frames of modules, or where there are no frames whole ones.
    """
    places = {node: place for place, node in enumerate(part.order)}
    with_labels = len(part.order) <= LABELS_UP_TO
    picture = Picture(framed=framed)
    for node in part.order:
        box = value_box(node, roles, flow, part.left_out.get(node, 0), framed=framed)
        box.compact = not with_labels
        picture.boxes.append(box)
        upstream = flow.gradient(node) if flow else None
        for position, (operand, local_derivative) in enumerate(zip(node.operands, node.local_derivatives, strict=True)):
            if operand not in places:
                continue
            line = Line(places[operand], places[node], contribution(upstream, local_derivative))
            _, line.term = operand_name(node, position)
            if flow:
                multiplied = f"×{number(local_derivative)}"
                line.label = multiplied if with_labels else ""
                line.tooltip = f"local derivative {number(local_derivative)}"
                if upstream is not None:
                    line.tooltip += f", contribution {number(upstream)}{multiplied} = {number(line.contribution)}"
            picture.lines.append(line)
    return picture


def value_box(node: Value, roles: Names, flow: GradientFlow | None, left_out: int = 0, *, framed: bool = True) -> Box:
    """The box of one value."""
    role, name, whole = roles.role(node), roles.within(node) if framed else roles[node], roles[node]
    if whole == printable(node.label, LONGEST):  # as written: a box cuts it elsewhere than a table
        name = whole = node.label
    symbol = node.operation.symbol if node.operation else ""
    if role is Role.CONSTANT:
        title, subtitle = number(node.data), ""
    elif node in roles.own or not symbol:
        title, subtitle = name, symbol
    else:  # by its symbol, and by the name under which it is found in steps and tables
        title, subtitle = symbol, name if name.casefold() != symbol.casefold() else ""
    box = Box(
        title=printable(title),
        subtitle=printable(subtitle),
        role=role,
        frame=roles.module(node),
        rows=[] if role is Role.CONSTANT else [("data", number(node.data))],
        finite=math.isfinite(node.data),
        tooltip=printable(whole, 400),
    )
    if node.origin is not None and node.origin.place:
        box.tooltip += printable(f" ({node.origin.place})", 100)
    if flow:
        gradient = flow.gradient(node)
        if role is not Role.CONSTANT or gradient is None or not math.isfinite(gradient):
            box.rows.append(("grad", number(gradient)))
        box.finite = box.finite and (gradient is None or math.isfinite(gradient))
        box.passage = passage(node)
    remarks = []
    if box.passage is Passage.OFF:
        has_derivatives = node.operation is not None and node.operation.trace.derivatives
        remarks.append("passes nothing" if has_derivatives else "no derivatives: passes nothing")
    elif box.passage is Passage.SATURATED:
        steepness = abs(node.local_derivatives[0])
        remarks.append(f"saturated: passes {share(steepness) if steepness else 'nothing'}")
        box.passage = box.passage if steepness else Passage.OFF
    if left_out:
        remarks.append(f"… {left_out} more {'edge' if left_out == 1 else 'edges'}")
    box.remark = ", ".join(remarks)
    return box
