"""The drawings in which a neuron or a layer is one box, with the sums that matter on it.

The groups are read from the origins of nodes. What no module made stays as it is while there is little of it; many
inputs of the same groups become one box, and so do many operations between the same layers.
"""

import math
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field, replace

from micrograd_bp.engine import Origin, Value
from micrograd_bp.views.drawing.picture import Box, Line, Picture
from micrograd_bp.views.drawing.values_level import value_box
from micrograd_bp.views.gradient_flow import GradientFlow, Passage, passage
from micrograd_bp.views.modules import layer_of, own_name
from micrograd_bp.views.names import Names, Role
from micrograd_bp.views.number_text import number
from micrograd_bp.views.subgraph import Subgraph
from micrograd_bp.views.text import printable

NEURONS, LAYERS = "neurons", "layers"
ALIKE_UP_TO = 8
"""So many leaves of the same kind are drawn one by one."""
FREE_UP_TO = 40
"""So many operations outside of modules are drawn one by one beside neurons; beside layers as many as leaves."""
HIGH_LAYER = 12
"""Of more neurons than this the boxes are kept low."""
MEAN, MEAN_OF_PARAMETERS = "mean |grad|", "mean |p.grad|"
MEANS = frozenset({MEAN, MEAN_OF_PARAMETERS})
"""What is said of a box: of all its values, or of its parameters alone, as a module's."""


@dataclass
class Group:
    """Values that are drawn as one box.

    Attributes:
        origin: the module that made them, or None.
        role: what they are, where no module made them.
        members: the values.
        leaves_through: those that are used outside of the group, or are roots.
    """

    origin: Origin | None
    role: Role
    members: list[Value] = field(default_factory=list)
    leaves_through: dict[Value, None] = field(default_factory=dict)


@dataclass
class _Bundle:
    """The edges from one group to another."""

    count: int = 0
    total: float = 0.0
    magnitude: float = 0.0
    known: bool = True


def picture_of_groups(
    part: Subgraph, roles: Names, flow: GradientFlow | None, level: str, *, together: bool = False
) -> Picture:
    """A box for each module and for what stands outside of modules; no gradients if there is no `flow`.

    With `together` operations outside of modules are one box, before and after each layer, however few they are.
    """
    groups = grouped(part, roles, level, together=together)
    places = {member: place for place, group in enumerate(groups) for member in group.members}
    bundles: dict[tuple[int, int], _Bundle] = {}
    roots = set(part.roots)
    for node in part.order:
        head = places[node]
        if node in roots:
            groups[head].leaves_through[node] = None
        upstream = flow.gradient(node) if flow else None
        for operand, local_derivative in zip(node.operands, node.local_derivatives, strict=True):
            tail = places.get(operand)
            if tail is None or tail == head:
                continue
            groups[tail].leaves_through[operand] = None
            bundle = bundles.setdefault((tail, head), _Bundle())
            bundle.count += 1
            if upstream is None:
                bundle.known = False
            else:
                added = upstream * local_derivative
                bundle.total += added
                bundle.magnitude += abs(added)
    picture = Picture([_box(group, roles, flow, part) for group in groups], dense=level == NEURONS)
    for (tail, head), bundle in bundles.items():
        picture.lines.append(_line(tail, head, bundle, flow))
    if picture.dense:
        for line in picture.lines:
            line.label = ""
    return picture


def lower(picture: Picture) -> Picture:
    """The picture with lower boxes in high layers: neurons that show their gradient, and not their parameters'."""
    heights = Counter(box.frame for box in picture.boxes)
    boxes = [
        replace(box, rows=[row for row in box.rows if row[0] not in MEANS])
        if heights[box.frame] > HIGH_LAYER and "grad" in dict(box.rows)
        else box
        for box in picture.boxes
    ]
    return replace(picture, boxes=boxes)


def _line(tail: int, head: int, bundle: _Bundle, flow: GradientFlow | None) -> Line:
    if not flow or not bundle.known:
        mean = None
    elif not math.isfinite(bundle.magnitude):
        mean = math.nan
    else:  # as wide as its edges are on average, with the sign of their sum
        mean = math.copysign(bundle.magnitude / bundle.count, bundle.total)
    line = Line(tail, head, mean, label=f"{bundle.count:,} edges" if bundle.count > 1 else "")
    line.tooltip = f"{bundle.count:,} {'edges' if bundle.count > 1 else 'edge'}"
    if mean is not None:
        line.tooltip += f", contributions: sum {number(bundle.total)}, mean magnitude {number(abs(mean))}"
    return line


# ---- which values stand together


def grouped(part: Subgraph, roles: Names, level: str, *, together: bool = False) -> list[Group]:
    """The groups, in the order in which they first appear; the arguments are those of `picture_of_groups`."""
    module_of = _modules(part, roles, level)
    keys: dict[Value, Hashable] = dict(module_of)
    users: dict[Value, dict[Hashable, None]] = {}
    free = [node for node in part.order if node not in module_of]
    free_operations = [node for node in free if node.operands and roles.role(node) is not Role.OUTPUT]
    between: dict[Value, Hashable] = {}
    if together or len(free_operations) > (FREE_UP_TO if level == NEURONS else ALIKE_UP_TO):
        depths = _depths(part, module_of)
        between = {node: ("operations", depths[node]) for node in free_operations}
        keys.update(between)
    for node in part.order:
        for operand in node.operands:
            if not operand.operands and operand not in module_of:
                users.setdefault(operand, {})[keys.get(node, node)] = None
    alike = {node: (roles.role(node), tuple(users.get(node, ()))) for node in free if not node.operands}
    counts = Counter(alike.values())
    places = set(between.values())
    for node, kind in alike.items():
        role, used_by = kind
        if role is Role.CONSTANT and len(used_by) == 1 and used_by[0] in places:
            keys[node] = used_by[0]  # the targets of a loss
        elif counts[kind] > ALIKE_UP_TO:
            keys[node] = kind
    groups: dict[Hashable, Group] = {}
    for node in part.order:
        key = keys.get(node, node)
        if key not in groups:
            groups[key] = Group(module_of.get(node), roles.role(node))
        groups[key].members.append(node)
    return list(groups.values())


def _modules(part: Subgraph, roles: Names, level: str) -> dict[Value, Origin]:
    """The module whose box each value stands in, for those that a module made or owns."""
    found: dict[Value, Origin] = {}
    for node in part.order:
        origin = roles.module(node)
        if origin is not None:
            found[node] = origin if level == NEURONS else layer_of(origin)
    return found


def _depths(part: Subgraph, module_of: dict[Value, Origin]) -> dict[Value, int]:
    """For each value, how many modules one after the other it has behind it."""
    depths: dict[Value, int] = {}
    for node in part.order:
        own = module_of.get(node)
        depths[node] = max(
            (
                depths[operand] + (own is not None and module_of.get(operand) is not own)
                for operand in node.operands
                if operand in depths
            ),
            default=0,
        )
    return depths


# ---- what stands on a box


def _box(group: Group, roles: Names, flow: GradientFlow | None, part: Subgraph) -> Box:
    if group.origin is None and len(group.members) == 1:
        return value_box(group.members[0], roles, flow, part.left_out.get(group.members[0], 0))
    if group.origin is None:
        count = sum(bool(member.operands) for member in group.members) or len(group.members)
        role = Role.OPERATION if count < len(group.members) else group.role
        box = Box(title=f"{count:,} {role.value}{'s' * (count > 1)}", role=role)
    else:
        box = _module_box(group, roles)
        _add_outputs(box, group, roles)
    box.finite = all(math.isfinite(member.data) for member in group.members)
    if len(group.leaves_through) == 1 and group.origin is not None:
        (output,) = group.leaves_through
        box.rows.append(("data", number(output.data)))
        if flow:
            box.rows.append(("grad", number(flow.gradient(output))))
    if flow:
        _add_gradients(box, group, roles, flow)
    box.tooltip = box.tooltip or box.title
    return box


def _module_box(group: Group, roles: Names) -> Box:
    origin = group.origin
    assert origin is not None
    title, kind = printable(own_name(origin)), printable(origin.kind)
    parts = {made_in for made_in in map(roles.module, group.members) if made_in not in (None, origin)}
    box = Box(title=title or kind, subtitle=kind if title else "", role=Role.OPERATION, frame=origin.parent)
    box.tooltip = printable(f"{origin.scope} {origin.kind}".strip(), 400)
    activations = {unit.operation.symbol for unit in _units(group) if unit.operation}
    if len(activations) == 1:
        (activation,) = activations
        box.subtitle = printable(f"{box.subtitle} {activation}" if parts else activation)
    if parts:
        box.rows.append(("neurons", f"{len(parts):,}"))
        box.rows.append(("values", f"{len(group.members):,}"))
    return box


def _add_outputs(box: Box, group: Group, roles: Names) -> None:
    """A module that makes an output of the whole graph is drawn as one, with the names that somebody gave."""
    outputs = [member for member in group.members if roles.role(member) is Role.OUTPUT]
    if outputs:
        box.role = Role.OUTPUT
    names = ", ".join(roles[output] for output in outputs if output in roles.own)
    if names:
        box.rows.append(("output", printable(names)))


def _units(group: Group) -> list[Value]:
    """The values at which a module's gradient can end: those of functions of one operand."""
    return [member for member in group.members if len(member.operands) == 1 and group.origin is not None]


def _add_gradients(box: Box, group: Group, roles: Names, flow: GradientFlow) -> None:
    parameters = [member for member in group.members if roles.role(member) is Role.PARAMETER]
    gradients = [flow.gradient(member) for member in parameters or group.members]
    known = [abs(gradient) for gradient in gradients if gradient is not None]
    name = MEAN_OF_PARAMETERS if parameters else MEAN
    box.rows.append((name, number(math.fsum(known) / len(known) if known else None)))
    if known and not all(map(math.isfinite, known)):
        box.finite = False
    units = _units(group)
    passages = Counter(passage(unit) for unit in units)
    off, saturated = passages[Passage.OFF], passages[Passage.SATURATED]
    if len(units) > 1:  # of a layer, or of a neuron for several samples
        counted = (("off", off), ("saturated", saturated))
        box.rows += [(name, f"{count:,} of {len(units):,}") for name, count in counted if count]
    if units and off == len(units):
        box.passage, box.remark = Passage.OFF, "passes nothing"
    elif units and off + saturated == len(units):
        box.passage, box.remark = Passage.SATURATED, "saturated"
