"""The health of each layer of a network in numbers: what flows through it, and how much its activations let through.

What is a problem, and how it is said, is the matter of `gradient_report`.
"""

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from micrograd_bp.engine import Value
from micrograd_bp.views.gradient_flow import Passage, passage, steepest
from micrograd_bp.views.modules import layer_of, module_name
from micrograd_bp.views.names import Names, Role
from micrograd_bp.views.text import printable


@dataclass(frozen=True)
class LayerHealth:
    """What flows through one layer.

    Attributes:
        name: the layer's path.
        n_values: how many values it made, its parameters included.
        value_norm: the root of the sum of the squares of what it hands on.
        gradient_norm: the same of the gradients of what it hands on.
        parameter_gradient_norm: the norm of the gradients of its parameters.
        n_units: how many of its units have an activation that can be off or saturated.
        n_samples: for how many samples, or steps in time.
        dead: the share of the units that are off for all samples.
        saturated: the share of all activations that are saturated.
        passed: the part of the gradient that gets through the activations; None if none arrives.
        steepest: the part that could at most: 0.25 for sigmoids.
        alike: whether what goes into their activations is the same for all units in every sample, so that training
            changes them alike.
        ratio: `gradient_norm` divided by that of the layer that follows; None for the last one.
        n_steps: how many steps in time it takes, one after the other; 1 where it is not recurrent.
        over_time: the norm of the gradient that arrives at the activations of the first step, divided by that of the
            last; None where there is but one, or none arrives at the last.
    """

    name: str
    n_values: int
    value_norm: float
    gradient_norm: float
    parameter_gradient_norm: float
    n_units: int
    n_samples: int
    dead: float
    saturated: float
    passed: float | None
    steepest: float
    alike: bool
    ratio: float | None
    n_steps: int
    over_time: float | None


def health_of_layers(
    order: Sequence[Value], roots: Container[Value], roles: Names, gradients: Mapping[Value, float]
) -> list[LayerHealth]:
    """What flows through each layer, in the order in which the forward pass goes through them.

    Args:
        order: the values of the graph in topological order.
        roots: the outputs.
        roles: which values are parameters, and which module they belong to.
        gradients: the gradient of each value.
    """
    layers, owners = _layers(order, roles, roots), _owners(order, roles)
    units_of = [_units(layer, owners) for layer in layers]
    recurrent = _recurrent(order, units_of)
    norms = [_norm([gradients[node] for node in layer.outputs]) for layer in layers]
    found = []
    for place, layer in enumerate(layers):
        units = units_of[place]
        activations = [node for unit in units for node in unit]
        arriving = _norm([gradients[node] for node in activations])
        through = _norm([gradients[node] * node.local_derivatives[0] for node in activations])
        off = [all(passage(node) is Passage.OFF for node in unit) for unit in units]
        n_saturated = sum(passage(node) is Passage.SATURATED for node in activations)
        follows = norms[place + 1] if place + 1 < len(layers) else None
        by_step = _by_step(order, units, gradients) if place in recurrent else []
        found.append(
            LayerHealth(
                name=layer.name,
                n_values=len(layer.values),
                value_norm=_norm([node.data for node in layer.outputs]),
                gradient_norm=norms[place],
                parameter_gradient_norm=_norm([gradients[node] for node in layer.parameters]),
                n_units=len(units),
                n_samples=max(map(len, units), default=0),
                dead=sum(off) / max(len(units), 1),
                saturated=n_saturated / max(len(activations), 1),
                passed=through / arriving if 0.0 < arriving < math.inf else None,
                steepest=max([steepest(node.operation) or 0.0 for node in activations], default=1.0),
                alike=len(units) > 1 and len({tuple(node.operands[0].data for node in unit) for unit in units}) == 1,
                ratio=norms[place] / follows if follows else None,
                n_steps=max(len(by_step), 1),
                over_time=by_step[0] / by_step[-1] if len(by_step) > 1 and by_step[-1] else None,
            )
        )
    return found


def _longest_run(units: Sequence[list[Value]]) -> set[Value]:
    """The activations of the unit that has most."""
    longest: list[Value] = max(units, key=len, default=[])
    return set(longest)


def _recurrent(order: Sequence[Value], units_of: Sequence[Sequence[list[Value]]]) -> set[int]:
    """The places of the layers one of whose units is computed from what it gave before."""
    place_of = {node: place for place, units in enumerate(units_of) for node in _longest_run(units)}
    below: dict[Value, int] = {}  # a bit for each layer whose unit a node depends on
    recurrent: set[int] = set()
    for node in order:
        bits = 0
        for operand in node.operands:
            bits |= below[operand]
        if node in place_of:
            bit = 1 << place_of[node]
            if bits & bit:
                recurrent.add(place_of[node])
            bits |= bit
        below[node] = bits
    return recurrent


def _by_step(order: Sequence[Value], units: Sequence[list[Value]], gradients: Mapping[Value, float]) -> list[float]:
    """The norm of the gradient that arrives at the activations of each step in time, the first step first."""
    counted = _longest_run(units)
    activations = {node for unit in units for node in unit}
    step: dict[Value, int] = {}  # how often the unit has given something to what a node depends on
    arriving: dict[int, list[float]] = {}
    for node in order:
        before = max([step[operand] for operand in node.operands], default=0)
        if node in activations:
            arriving.setdefault(before, []).append(gradients[node])
        step[node] = before + (node in counted)
    return [_norm(arriving[place]) for place in sorted(arriving)]


def _norm(numbers: Sequence[float]) -> float:
    return math.hypot(*numbers)


@dataclass
class _Layer:
    name: str
    values: list[Value] = field(default_factory=list)
    outputs: dict[Value, None] = field(default_factory=dict)
    parameters: list[Value] = field(default_factory=list)


def _layers(order: Sequence[Value], roles: Names, roots: Container[Value]) -> list[_Layer]:
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


def _owners(order: Sequence[Value], roles: Names) -> dict[Value, Value]:
    """The parameter that says which unit a result belongs to: the first that it is computed from in its module.

    Activations are not looked through.
    """
    owners: dict[Value, Value] = {}
    for node in order:
        module = roles.module(node) if len(node.operands) > 1 else None
        if module is None:
            continue
        for operand in node.operands:
            if operand.operands:
                owner = owners.get(operand) if roles.module(operand) is module else None
            else:
                owner = operand if roles.role(operand) is Role.PARAMETER else None
            if owner is not None:
                owners[node] = owner
                break
    return owners


def _units(layer: _Layer, owners: dict[Value, Value]) -> list[list[Value]]:
    """The activations of each unit, one for each sample: they are those of the same parameters."""
    units: dict[Any, list[Value]] = {}
    for node in layer.values:
        if len(node.operands) == 1 and steepest(node.operation):
            owner = owners.get(node.operands[0], node)
            units.setdefault((node.operation, owner), []).append(node)
    return list(units.values())
