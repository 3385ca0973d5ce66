"""`gradient_report`: the health of a gradient, layer by layer, and in words what is wrong with it.

Computes on its own copy of the gradients; nobody's `grad` is written, and read only to say which hold more than these.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from micrograd_bp.engine import Value
from micrograd_bp.engine.derivatives import upstream_gradients
from micrograd_bp.views.colours import NEGATIVE
from micrograd_bp.views.console import Column, Line, Shown, Table
from micrograd_bp.views.gradient_flow import RecordedFlow
from micrograd_bp.views.layer_health import LayerHealth, health_of_layers
from micrograd_bp.views.models import NO_MODELS
from micrograd_bp.views.names import Names
from micrograd_bp.views.number_text import number, share
from micrograd_bp.views.remarks import described
from micrograd_bp.views.roots import as_roots
from micrograd_bp.views.subgraph import everything

# Where a problem begins: calibrated on planted faults and on healthy networks, fresh and trained, of which
# tests/views/test_gradient_report_calibration.py has ten each. Healthy gradients change by a factor of 0.1 to 40.
VANISHING, EXPLODING = 1e-2, 300.0
"""How much the gradient may shrink or grow from the last layer to the first."""
FADING = 0.5
"""What is left of a gradient from one step in time to the step before, at least: a memory may fade, slowly."""
DEAD = 0.6
"""The part of a layer's units that may not be dead; of a fresh, narrow ReLU network half of them may be."""
SATURATED, PASSED = 0.7, 0.3
"""The part of a hidden layer's activations that may not be saturated if less than the other part gets through them."""
PASSED_BY_OUTPUT = 0.01
"""The part that gets through the last layer's activations, which a trained classifier saturates where it is right."""
ENOUGH_SAMPLES = 8
"""A unit that is off for all of fewer samples need not be dead: on one sample half of the healthy ones are off."""


COLUMNS = ("values", "|values|", "|grad|", "× next layer", "|parameter grad|", "let through", "dead", "saturated")
"""What the table says of each layer."""


@dataclass(frozen=True)
class GradientReport(Shown):
    """The layers from the first to the last, and the problems in words; `print` shows both.

    Attributes:
        layers: one entry for each layer.
        problems: one sentence for each; empty if nothing is wrong with what was compared.
        not_compared: what nothing can be said of, and why.
        first_not_finite: the first value in the forward pass that is nan or inf, or None.
        born_not_finite: the node on whose edges the first gradient that is nan or inf was made, or None.
        note: what to know of the `grad` that the leaves hold besides; "" for nothing.
    """

    layers: list[LayerHealth]
    problems: list[str]
    not_compared: list[str]
    first_not_finite: Value | None = None
    born_not_finite: Value | None = None
    note: str = ""

    def parts(self) -> list[Line | Table]:
        """The layers as a table, and below it the problems in words."""
        parts: list[Line | Table] = []
        if self.layers:
            parts.append(Table([Column("layer", "left"), *map(Column, COLUMNS)], list(map(_row, self.layers))))
        parts += [Line(f"! {problem}", f"bold {NEGATIVE}") for problem in self.problems]
        if not self.layers and not self.problems:
            parts.append(Line("Every value and every gradient is finite."))
        elif not self.problems:
            of = "what was compared" if self.not_compared else "this gradient"
            parts.append(Line(f"Nothing is wrong with {of}."))
        parts += [Line(f"Not compared: {what}.") for what in self.not_compared]
        if self.note:
            parts.append(Line(f"Note: {self.note}."))
        return parts


def _row(layer: LayerHealth) -> list[Line | str]:
    far_off = layer.ratio is not None and not 0.1 <= layer.ratio <= 10.0
    has_units = layer.n_units > 0
    return [
        layer.name,
        f"{layer.n_values:,}",
        _norm(layer.value_norm),
        _norm(layer.gradient_norm),
        Line(number(layer.ratio), NEGATIVE if far_off else ""),
        _norm(layer.parameter_gradient_norm),
        "" if layer.passed is None else share(layer.passed),
        Line(share(layer.dead) if has_units else "", NEGATIVE if layer.dead >= 0.5 else ""),
        Line(share(layer.saturated) if has_units else "", NEGATIVE if layer.saturated >= 0.5 else ""),
    ]


def _norm(value: float) -> Line:
    return Line(number(value), "" if math.isfinite(value) else NEGATIVE)


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
    roles = Names(names, part.roots, part.order)
    gradients = upstream_gradients(part.roots, part.order)
    layers = health_of_layers(part.order, set(part.roots), roles, gradients)
    first = next((node for node in part.order if not math.isfinite(node.data)), None)
    problems = _problems(layers)
    if first is not None:
        problems.insert(0, f"{described(first, roles)} is {number(first.data)}, the first value that is not finite")
    born, sentence = _birth(part.order, gradients, roles)
    if sentence:
        problems.insert(0, sentence)
    note = RecordedFlow(part.roots, part.order).note
    return GradientReport(layers, problems, _not_compared(layers), first, born, note)


# ---- in words


def _problems(layers: Sequence[LayerHealth]) -> list[str]:
    problems = []
    for place, layer in enumerate(layers):
        if layer.dead == 1.0:
            problems.append(f"{layer.name} is dead: all its units are off, and no gradient gets past it")
        elif layer.dead >= DEAD and layer.n_samples >= ENOUGH_SAMPLES:
            problems.append(
                f"{share(layer.dead)} of the units of {layer.name} are dead: off for all {layer.n_samples} samples, "
                f"they pass no gradient on"
            )
        if layer.passed is not None and _is_saturated(layer, last=place + 1 == len(layers)):
            problems.append(
                f"{share(layer.saturated)} of the activations of {layer.name} are saturated: "
                f"they let {share(layer.passed)} of the gradient through"
            )
        if layer.alike and layer.dead < 1.0 and place + 1 < len(layers):
            problems.append(
                f"all units of {layer.name} are alike, and training changes them alike: draw their weights at random"
            )
        if layer.over_time is not None and (way := _over_time(layer.over_time, layer.n_steps)):
            problems.append(
                f"the gradient {way} over time: back over {layer.n_steps} steps of {layer.name} it comes to "
                f"{number(layer.over_time)} times its size"
            )
    cut_off = [layer.name for layer in layers if layer.gradient_norm == 0.0]
    if cut_off and not any(layer.dead == 1.0 for layer in layers):
        problems.append(f"no gradient reaches {', '.join(cut_off)}")
    finite = [layer for layer in layers if math.isfinite(layer.gradient_norm) and layer.gradient_norm > 0.0]
    if len(finite) > 1:
        first, last = finite[0], finite[-1]
        change = first.gradient_norm / last.gradient_norm
        way = f"from {last.name} back to {first.name} it"
        if change < VANISHING:
            problems.append(f"the gradient vanishes: {way} shrinks to {number(change)} of its size")
        elif change > EXPLODING:
            problems.append(f"the gradient explodes: {way} grows to {number(change)} times its size")
    return problems


def _over_time(change: float, n_steps: int) -> str:
    if change < VANISHING and change ** (1.0 / (n_steps - 1)) < FADING:
        return "vanishes"
    return "explodes" if change > EXPLODING else ""


def _is_saturated(layer: LayerHealth, *, last: bool) -> bool:
    passed = (layer.passed or 0.0) / layer.steepest  # of what could get through
    if last:
        return layer.saturated > 0.0 and passed < PASSED_BY_OUTPUT
    return layer.saturated >= SATURATED and passed < PASSED


def _not_compared(layers: Sequence[LayerHealth]) -> list[str]:
    if not layers:
        return [
            "layers, since there are none: nothing is said of units, nor of a gradient that vanishes or explodes. "
            + NO_MODELS.rstrip(".")
        ]
    missing = []
    if len(layers) == 1:
        missing.append("one layer with another, since there is one")
    few = [layer.n_samples for layer in layers if 0.0 < layer.dead < 1.0 and layer.n_samples < ENOUGH_SAMPLES]
    if few:
        seen = "one sample" if max(few) == 1 else f"{max(few)} samples"
        missing.append(f"dead units, since those that are off for {seen} may not be: take {ENOUGH_SAMPLES} or more")
    return missing


def _birth(order: Sequence[Value], gradients: dict[Value, float], roles: Names) -> tuple[Value | None, str]:
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
                f"the gradient of {described(operand, roles)} becomes {number(made)} at {described(node, roles)}: "
                f"upstream gradient {number(upstream)} × local derivative {number(local_derivative)}"
            )
    return None, ""
