"""What happens on a page, step by step: first the forward pass if wanted, then the backward pass.

Where each value has its own box, a backward step is a contribution, with the number it has everywhere else. Where
modules are boxes, it is a module that passes its gradient on.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from micrograd_bp.engine import Value
from micrograd_bp.views.drawing.groups import MEANS
from micrograd_bp.views.names import Role
from micrograd_bp.views.number_text import NOT_KNOWN, number
from micrograd_bp.views.page.scene import Scene
from micrograd_bp.views.steps.formulas import write
from micrograd_bp.views.steps.forward_check import ForwardCheck
from micrograd_bp.views.steps.step import CHANGED, Step
from micrograd_bp.views.text import printable

CHANGED_SINCE = "data was changed after the forward pass"


@dataclass(frozen=True)
class Change:
    """The number on a box before and after a step."""

    box: int
    before: str
    after: str


@dataclass(frozen=True)
class PageStep:
    """One step.

    Attributes:
        number: its place in its pass, from 1.
        forward: whether it belongs to the forward pass.
        node: the box that computes, or whose gradient is passed on; None if it is not shown.
        lines: the lines that it goes along; in the backward pass they take their colours.
        changes: the numbers that change: of `data` in the forward pass, of gradients in the backward pass.
        stops: the boxes whose breakpoints stop here.
        names: the node and who receives its gradient, or the node alone.
        formula: in names and with numbers in.
        product: upstream gradient × local derivative = contribution.
        quantity: which number the step changes.
        receiver: whose number.
        change: what becomes of it.
        layer: the layer that it happens in; "" outside of modules.
        module: the module itself.
        source: the source line of the node.
        note: what else there is to say.
    """

    number: int
    forward: bool
    node: int | None
    lines: list[int]
    changes: list[Change]
    stops: list[int]
    names: tuple[str, ...]
    formula: str
    product: str = ""
    quantity: str = ""
    receiver: str = ""
    change: str = ""
    layer: str = ""
    module: str = ""
    source: str = ""
    note: str = ""


def story_of(scene: Scene, *, forward: bool) -> list[PageStep]:
    """All steps of a page, in order."""
    steps = list(_forward(scene)) if forward else []
    return [*steps, *(_backward(scene) if scene.by_value else _backward_by_box(scene))]


def start_gradients(scene: Scene) -> list[str]:
    """What stands on each box before the backward pass: 0, and on an output its own gradient."""
    start = scene.recording.graph.start
    return [_gradient_on(scene, box, members, start) for box, members in enumerate(members_of(scene))]


# ---- the forward pass


def _forward(scene: Scene) -> Iterator[PageStep]:
    count = 0
    incoming = _incoming(scene)
    for box, members in enumerate(members_of(scene)):
        computed = [node for node in members if node.operands]
        if not computed:
            continue
        count += 1
        last = computed[-1]
        data = dict(scene.picture.boxes[box].rows).get("data")
        yield PageStep(
            number=count,
            forward=True,
            node=box,
            lines=incoming[box],
            changes=[] if data is None else [Change(box, NOT_KNOWN, data)],
            stops=[box],
            names=(scene.recording.names[last] if scene.by_value else _title(scene, box),),
            formula=forward_formula(scene, last) if scene.by_value else f"computes {_values(len(computed))}",
            layer=scene.layer(last),
            module=scene.module(last),
            source=source_of(last),
            note=CHANGED_SINCE if scene.by_value and not ForwardCheck(last).result_holds else "",
        )


def forward_formula(scene: Scene, node: Value) -> str:
    """How a node was computed: `y = tanh(n) = tanh(0.8814) = 0.7071`; "" for a leaf."""
    if not node.operands:
        return ""
    names = scene.recording.names
    if node.operation is None or not node.operation.operand_names:
        return f"{names[node]} = {number(node.data)}, made by hand"
    formulas = scene.recording.graph.formulas(node)
    if ForwardCheck(node).result_holds:
        text = formulas.result.text
    else:
        text = f"{write(formulas.itself).text} = {number(node.data)}"
    return f"{names[node]} = {text}" if node in names.own else text


def source_of(node: Value) -> str:
    """The source line that made a node; "" if lines were not tracked."""
    return printable(node.origin.place, 100) if node.origin is not None else ""


def _values(count: int) -> str:
    return f"{count:,} value{'s' if count > 1 else ''}"


def _title(scene: Scene, box: int) -> str:
    return scene.picture.boxes[box].tooltip


# ---- the backward pass, value by value


def _backward(scene: Scene) -> Iterator[PageStep]:
    places, lines = scene.places, line_of_each_edge(scene)
    for step in scene.recording.steps:
        if step.operand not in places:
            continue
        node, operand = places.get(step.node), places[step.operand]
        line = lines.get((step.node, step.position))
        yield PageStep(
            number=step.number,
            forward=False,
            node=node,
            lines=[] if line is None else [line],
            changes=[Change(operand, number(step.before), number(step.after))],
            stops=_stops(step, node, operand),
            names=(step.node_name, step.target),
            formula=step.formula.text,
            product=f"{number(step.upstream_gradient)} × {number(step.local_derivative)} = {number(step.contribution)}",
            quantity="gradient",
            receiver=step.operand_name,
            change=f"{number(step.before)} → {number(step.after)}",
            layer=scene.layer(step.node),
            module=scene.module(step.node),
            source=printable(step.source, 100),
            note=CHANGED if step.changed else "",
        )


def _stops(step: Step, node: int | None, operand: int) -> list[int]:
    """As in the debugger: at an operation when it begins to pass its gradient on, at a leaf whenever it receives."""
    stops = [node] if step.is_first and node is not None else []
    return stops if step.operand.operands else [*stops, operand]


def line_of_each_edge(scene: Scene) -> dict[tuple[Value, int], int]:
    """The line from each node to its operand at each position, where each value has its own box."""
    lines: dict[tuple[Value, int], int] = {}
    for node in scene.part.order:
        for position, operand in enumerate(node.operands):
            if operand in scene.places:
                lines[node, position] = len(lines)
    return lines


# ---- the backward pass, box by box


def members_of(scene: Scene) -> list[list[Value]]:
    """The values in each box."""
    members: list[list[Value]] = [[] for _ in scene.picture.boxes]
    for node in scene.part.order:
        members[scene.places[node]].append(node)
    return members


def _incoming(scene: Scene) -> list[list[int]]:
    """The lines that lead to each box."""
    incoming: list[list[int]] = [[] for _ in scene.picture.boxes]
    for i, line in enumerate(scene.picture.lines):
        incoming[line.head].append(i)
    return incoming


def _backward_by_box(scene: Scene) -> Iterator[PageStep]:
    """Each box once, when the last of its contributions has been made."""
    members, incoming = members_of(scene), _incoming(scene)
    last: dict[int, int] = {}
    for step in scene.recording.steps:
        if step.node in scene.places:
            last[scene.places[step.node]] = step.number
    gradients = dict(scene.recording.graph.start)
    shown = start_gradients(scene)
    receivers: dict[int, dict[int, None]] = {box: {} for box in last}
    made: dict[int, list[float]] = {box: [] for box in last}
    count = 0
    for step in scene.recording.steps:
        gradients[step.operand] = step.after
        box = scene.places.get(step.node)
        if box is None:
            continue
        if step.operand in scene.places:
            receivers[box][scene.places[step.operand]] = None
            made[box].append(step.contribution)
        if last[box] != step.number:
            continue
        count += 1
        now = {each: _gradient_on(scene, each, members[each], gradients) for each in receivers[box]}
        changes = [Change(each, shown[each], text) for each, text in now.items()]
        for each, text in now.items():
            shown[each] = text
        others = [each for each in receivers[box] if each != box]
        yield PageStep(
            number=count,
            forward=False,
            node=box,
            lines=incoming[box],
            changes=changes,
            stops=[box],
            names=(_title(scene, box), ", ".join(_title(scene, each) for each in others[:3]) or "itself"),
            formula=_contributions(made[box]),
            quantity="mean |gradient|",
            receiver=_title(scene, others[0]) if others else "",
            change=", ".join(f"{change.before} → {change.after}" for change in changes if change.box in others[:1]),
            layer=scene.layer(step.node),
            module=scene.module(step.node),
        )


def _contributions(made: list[float]) -> str:
    mean = math.fsum(map(abs, made)) / len(made) if all(map(math.isfinite, made)) and made else math.nan
    plural = "s" if len(made) != 1 else ""
    return f"{len(made):,} contribution{plural}, mean magnitude {number(mean)}"


def _gradient_on(scene: Scene, box: int, members: list[Value], gradients: dict[Value, float]) -> str:
    """What stands on a box: the gradient of one value, or the mean magnitude of those of parameters, else of all."""
    if not MEANS & dict(scene.picture.boxes[box].rows).keys():
        return number(gradients[members[0]])
    counted = [member for member in members if scene.roles.role(member) is Role.PARAMETER] or members
    return number(math.fsum(abs(gradients[member]) for member in counted) / len(counted))
