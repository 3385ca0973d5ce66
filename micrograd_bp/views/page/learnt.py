"""What a page needs to draw what has been learnt: the data, and where in the graph a prediction is made of it."""

from collections.abc import Sequence
from typing import Any

from micrograd_bp.engine import Value
from micrograd_bp.engine.numbers.floats import as_float
from micrograd_bp.views.names import Names, Role
from micrograd_bp.views.page.scene import Scene

MOST_NEURONS = 24
"""So many neurons have a plot of their own."""


def learnt(data: Any, scene: Scene) -> dict[str, Any]:
    """The points; the values that a plot is made of, by their places in the graph; the boxes of neurons on their own.

    Args:
        data: inputs of one or two numbers each, and as many targets.
        scene: what the page shows.

    Raises:
        TypeError: `data` is no pair of lists of numbers.
        ValueError: not as many targets as inputs, inputs of more than two numbers, or no module of this graph makes a
            prediction of one of them.
    """
    rows, targets = _as_numbers(data)
    order, roles = scene.graph.order, scene.roles
    sources = _sources(order, roles, len(rows[0]))
    for node in _made_for_others(order, roles):
        inputs = sources.get(node)
        found = _in_order(inputs, rows) if inputs is not None else None
        if found is not None:
            places = {value: place for place, value in enumerate(order)}
            neurons = _neurons(node, order, roles, sources)
            boxes = [scene.places.get(each) for each in neurons]
            return {
                "prediction": places[node],
                "inputs": [places[leaf] for leaf in found],
                "neurons": [places[each] for each in neurons],
                "neuronNames": [scene.module(each) for each in neurons],
                "neuronBoxes": [box if boxes.count(box) == 1 else None for box in boxes],
                "points": [[*row, target] for row, target in zip(rows, targets, strict=True)],
            }
    raise ValueError(
        "data= shows what a module has learnt, and none in this graph makes a prediction of one of these inputs alone: "
        "give the inputs with which the loss was computed"
    )


def _as_numbers(data: Any) -> tuple[list[list[float]], list[float]]:
    try:
        inputs, targets = data
        rows = [[_number(x) for x in row] if hasattr(row, "__iter__") else [_number(row)] for row in inputs]
        wanted = [_number(*target) if hasattr(target, "__iter__") else _number(target) for target in targets]
    except (TypeError, ValueError) as error:
        raise TypeError(f"data= is a pair, the inputs and their targets, one number each: {error}") from None
    if len(rows) != len(wanted) or not rows:
        raise ValueError(f"data= needs a target for each input, got {len(rows)} inputs and {len(wanted)} targets")
    if {len(row) for row in rows} not in ({1}, {2}):
        raise ValueError(f"data= can be shown for inputs of one or of two numbers, got {len(rows[0])}")
    return rows, wanted


def _number(x: Any) -> float:
    return x.data if isinstance(x, Value) else as_float(x)


def _sources(order: Sequence[Value], roles: Names, n_inputs: int) -> dict[Value, frozenset[Value]]:
    """The inputs that each value depends on, where these are not more than a prediction has."""
    found: dict[Value, frozenset[Value]] = {}
    for node in order:
        if not node.operands:
            found[node] = frozenset([node] if roles.role(node) is Role.INPUT else [])
        elif all(operand in found for operand in node.operands):
            sources = frozenset().union(*[found[operand] for operand in node.operands])
            if len(sources) <= n_inputs:
                found[node] = sources
    return found


def _made_for_others(order: Sequence[Value], roles: Names) -> list[Value]:
    """What modules hand to what is no module: predictions."""
    users: dict[Value, list[Value]] = {}
    for node in order:
        for operand in node.operands:
            users.setdefault(operand, []).append(node)
    return [
        node
        for node in order
        if node.operands
        and roles.module(node) is not None
        and not any(roles.module(user) is not None for user in users.get(node, ()))
    ]


def _in_order(inputs: frozenset[Value], rows: Sequence[Sequence[float]]) -> list[Value] | None:
    """The inputs in the order of a row that has their numbers, where that is one order alone."""
    for row in rows:
        found = [[leaf for leaf in inputs if leaf.data == x] for x in row]
        if len(inputs) == len(row) == len(set(row)) and all(len(each) == 1 for each in found):
            return [leaf for (leaf,) in found]
    return None


def _neurons(prediction: Value, order: Sequence[Value], roles: Names, sources: dict[Value, Any]) -> list[Value]:
    """The outputs of the modules between the inputs and a prediction."""
    below, last = {prediction}, prediction
    outputs: dict[Value, None] = {}
    for node in reversed(order):
        if node not in below:
            continue
        for operand in node.operands:
            below.add(operand)
            is_made = operand.operands and roles.module(operand) is not None and sources.get(operand)
            if is_made and roles.module(operand) is not roles.module(node):
                outputs[operand] = None
    return [node for node in order if node in outputs and node is not last][:MOST_NEURONS]
