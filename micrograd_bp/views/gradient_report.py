"""`gradient_report`: the health of a gradient, layer by layer, and in words what is wrong with it.

Computes on its own copy of the gradients; nobody's `grad` is read or written.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from micrograd_bp.engine import Value
from micrograd_bp.engine.derivatives import upstream_gradients
from micrograd_bp.views.drawing.gradient_flow import Passage, passage
from micrograd_bp.views.drawing.modules import layer_of, module_name
from micrograd_bp.views.drawing.parts import as_roots, everything
from micrograd_bp.views.drawing.roles import Role, Roles
from micrograd_bp.views.number_text import number, share
from micrograd_bp.views.text import printable

VANISHING, EXPLODING = 1e-3, 1e3
"""How much the gradient may shrink or grow from the last layer to the first before that is called a problem."""


@dataclass(frozen=True)
class LayerHealth:
    """What flows through one layer.

    Attributes:
        name: the layer's path.
        n_values: how many values it made, its parameters included.
        value_norm: the root of the sum of the squares of what it hands on.
        gradient_norm: the same of the gradients of what it hands on.
        mean_gradient: the root of the mean of the squares of these; it does not grow with the layer's size.
        parameter_gradient_norm: the norm of the gradients of its parameters.
        n_units: how many activations it has, over all samples.
        dead: the share of them that are off.
        saturated: the share of them that are saturated.
        ratio: `mean_gradient` divided by that of the layer that follows; None for the last one.
    """

    name: str
    n_values: int
    value_norm: float
    gradient_norm: float
    mean_gradient: float
    parameter_gradient_norm: float
    n_units: int
    dead: float
    saturated: float
    ratio: float | None


@dataclass(frozen=True)
class GradientReport:
    """The layers from the first to the last, and the problems in words; `print` shows both.

    Attributes:
        layers: one entry for each layer.
        problems: one sentence for each; empty if nothing is wrong.
        first_not_finite: the first value in the forward pass that is nan or inf, or None.
        born_not_finite: the node on whose edges the first gradient that is nan or inf was made, or None.
    """

    layers: list[LayerHealth]
    problems: list[str]
    first_not_finite: Value | None = None
    born_not_finite: Value | None = None

    def __rich__(self) -> Any:
        """What `rich.print(report)` shows."""
        from micrograd_bp.views.report_table import report_table

        return report_table(self)

    def __str__(self) -> str:
        from micrograd_bp.views.report_table import as_text

        return as_text(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self)}


@dataclass
class _Layer:
    name: str
    values: list[Value] = field(default_factory=list)
    outputs: dict[Value, None] = field(default_factory=dict)
    parameters: list[Value] = field(default_factory=list)


def gradient_report(root: Value | Sequence[Value], *, names: Any = None) -> GradientReport:
    """How the gradient of `root` fares on its way back: norms, ratios, dead and saturated units, nan and inf.

    Args:
        root: the output, a loss as a rule, or a list of outputs.
        names: what to call values that have no label: a module, or a mapping from names to Values, lists of Values and
            modules, such as `locals()`.

    Raises:
        TypeError: `root` is not a Value, or `names` of another kind.
    """
    part = everything(as_roots(root))
    roles = Roles(names, part.roots, part.order)
    gradients = upstream_gradients(part.roots, part.order)
    layers = _health(_layers(part.order, roles, set(part.roots)), gradients)
    first = next((node for node in part.order if not math.isfinite(node.data)), None)
    problems = _problems(layers)
    if first is not None:
        problems.insert(0, f"{_described(first, roles)} is {number(first.data)}, the first value that is not finite")
    born, sentence = _birth(part.order, gradients, roles)
    if sentence:
        problems.insert(0, sentence)
    return GradientReport(layers, problems, first, born)


def _layers(order: Sequence[Value], roles: Roles, roots: set[Value]) -> list[_Layer]:
    """The layers in the order in which the forward pass goes through them."""
    layers: dict[Any, _Layer] = {}
    layer_by_value: dict[Value, _Layer] = {}
    for node in order:
        module = roles.module(node)
        if module is None:
            continue
        record = layer_of(module)
        if record not in layers:
            layers[record] = _Layer(printable(module_name(record)))
        layer = layer_by_value[node] = layers[record]
        layer.values.append(node)
        if roles.role(node) is Role.PARAMETER:
            layer.parameters.append(node)
    finished: dict[int, _Layer] = {}
    for node in order:
        own = layer_by_value.get(node)
        if node in roots and own is not None:
            own.outputs[node] = None
        for operand in node.operands:
            source = layer_by_value.get(operand)
            if source is not None and source is not own and operand.operands:
                source.outputs[operand] = None
        if own is not None and node.operands:
            finished.setdefault(id(own), own)
    return [layer for layer in finished.values() if layer.outputs]


def _health(layers: Sequence[_Layer], gradients: dict[Value, float]) -> list[LayerHealth]:
    means = [_norm([gradients[node] for node in layer.outputs], mean=True) for layer in layers]
    found = []
    for place, layer in enumerate(layers):
        units = [node for node in layer.values if len(node.operands) == 1]
        passages = Counter(passage(unit) for unit in units)
        follows = means[place + 1] if place + 1 < len(layers) else None
        found.append(
            LayerHealth(
                name=layer.name,
                n_values=len(layer.values),
                value_norm=_norm([node.data for node in layer.outputs]),
                gradient_norm=_norm([gradients[node] for node in layer.outputs]),
                mean_gradient=means[place],
                parameter_gradient_norm=_norm([gradients[node] for node in layer.parameters]),
                n_units=len(units),
                dead=passages[Passage.OFF] / max(len(units), 1),
                saturated=passages[Passage.SATURATED] / max(len(units), 1),
                ratio=means[place] / follows if follows else None,
            )
        )
    return found


def _norm(numbers: Sequence[float], *, mean: bool = False) -> float:
    norm = math.hypot(*numbers)
    return norm / math.sqrt(len(numbers)) if mean and numbers else norm


# ---- in words


def _problems(layers: Sequence[LayerHealth]) -> list[str]:
    problems = []
    for layer in layers:
        if layer.n_units and layer.dead == 1.0:
            problems.append(f"{layer.name} is dead: all its units are off, and no gradient gets past it")
        elif layer.n_units and layer.dead >= 0.5:
            problems.append(f"{share(layer.dead)} of the units of {layer.name} are off: they pass no gradient on")
        if layer.n_units and layer.saturated >= 0.5:
            problems.append(
                f"{share(layer.saturated)} of the units of {layer.name} are saturated: they pass on less than 1 % "
                f"of the gradient"
            )
    finite = [layer for layer in layers if math.isfinite(layer.mean_gradient) and layer.mean_gradient > 0.0]
    if len(finite) > 1:
        first, last = finite[0], finite[-1]
        change = first.mean_gradient / last.mean_gradient
        way = f"from {last.name} back to {first.name} it"
        if change < VANISHING:
            problems.append(f"the gradient vanishes: {way} shrinks to {number(change)} of its size")
        elif change > EXPLODING:
            problems.append(f"the gradient explodes: {way} grows to {number(change)} times its size")
    return problems


def _birth(order: Sequence[Value], gradients: dict[Value, float], roles: Roles) -> tuple[Value | None, str]:
    """Where the first gradient that is not finite was made in the backward pass, and how."""
    for node in reversed(order):
        upstream = gradients[node]
        if not math.isfinite(upstream):  # made before, by what this node was used for
            continue
        for operand, local_derivative in zip(node.operands, node.local_derivatives, strict=True):
            made = upstream * local_derivative
            if math.isfinite(made):
                continue
            return node, (
                f"the gradient of {_described(operand, roles)} becomes {number(made)} at {_described(node, roles)}: "
                f"upstream gradient {number(upstream)} × local derivative {number(local_derivative)}"
            )
    return None, ""


def _described(node: Value, roles: Roles) -> str:
    """A node in a sentence: its name or operation, its operands' numbers, and where it was made."""
    name, symbol = roles.name(node), node.operation.name if node.operation else ""
    text = printable(name or symbol or f"the {roles.role(node).value} {number(node.data)}")
    if symbol:
        operands = [number(operand.data) for operand in node.operands[:4]] + ["…"] * (len(node.operands) > 4)
        text += f" = {printable(symbol)}({', '.join(operands)})" if name else f"({', '.join(operands)})"
    module = roles.module(node)
    if module is not None:
        text += f" in {printable(module_name(module))}"
    if node.origin is not None and node.origin.place:
        text += f" ({printable(node.origin.place)})"
    return text
