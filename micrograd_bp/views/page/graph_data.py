"""What a page computes with and what it says: the graph, the numbers of its leaves, names and templates of formulas."""

import json
import math
from collections.abc import Container, Mapping, Sequence
from typing import Any

from micrograd_bp.engine import Operation, Value
from micrograd_bp.engine.numbers.notation import template
from micrograd_bp.views.colours import THICKEST, THICKEST_OF_MANY
from micrograd_bp.views.drawing.groups import MEANS
from micrograd_bp.views.gradient_flow import far_side
from micrograd_bp.views.names import Role
from micrograd_bp.views.page.rules import Rules
from micrograd_bp.views.page.scene import Scene
from micrograd_bp.views.page.templates import templates
from micrograd_bp.views.steps.formulas import symbol_of
from micrograd_bp.views.steps.forward_check import ForwardCheck
from micrograd_bp.views.text import printable

LEAF, OUTSIDE = -1, -2
"""In place of a rule: there is none, or only Python can run it."""


def page_data(scene: Scene, rules: Rules, *, forward: bool, hidden: Sequence[str], learnt: Any = None) -> str:
    """All that the scripts of a page need to know, as JSON that can stand between tags."""
    order, names = scene.graph.order, scene.roles
    graph = graph_data(order, scene.start, rules)
    said = _spoken_of(scene)
    facts: dict[str, Any] = {
        "graph": graph,
        "names": [names[node] if node in said else "" for node in order],
        "own": [place for place, node in enumerate(order) if node in names.own and node in said],
        "symbols": _symbols(scene, said),
        "rules": [
            {
                "name": operation.name,
                "domain": operation.domain,
                "operands": [] if operation.many else operation.operand_names,
                "sides": _far_sides(operation),
                "isFlat": all(formula.value == 0.0 for formula in operation.trace.derivatives.values()),
            }
            for operation in rules.operations
        ],
        "templates": {
            key: templates(rules.operations[rule], n_operands)
            for key, (rule, n_operands) in {
                _template_key(rules, rule, len(node.operands)): (rule, len(node.operands))
                for rule, node in zip(graph["rule"], order, strict=True)
                if rule >= 0 and node in said
            }.items()
        },
        **{
            f"{role.value}s": [place for place, node in enumerate(order) if names.role(node) is role]
            for role in (Role.INPUT, Role.PARAMETER, Role.CONSTANT)
        },
        **_boxes(scene),
        **_places(scene),
        "thickest": THICKEST_OF_MANY if scene.picture.dense else THICKEST,
        "forward": forward,
        "hidden": list(hidden),
        "isChanged": any(ForwardCheck(node).changed for node in order),
    }
    if learnt is not None:
        facts["learnt"] = learnt
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")  # no tag ends it


def _far_sides(operation: Operation) -> list[str]:
    """What an activation does on the negative and on the positive side, which tells saturated ones; else nothing."""
    if len(operation.operand_names) != 1 or operation.many:
        return []
    return [far_side(operation, positive).value for positive in (False, True)]


def graph_data(order: Sequence[Value], start: Mapping[Value, float], rules: Rules) -> dict[str, Any]:
    """What `passes.js` computes with.

    Args:
        order: the graph in topological order.
        start: the outputs, each with its upstream gradient.
        rules: where the rules of the graph's operations are printed.
    """
    places = {node: place for place, node in enumerate(order)}
    rule: list[int] = []
    recorded: dict[int, Any] = {}
    for place, node in enumerate(order):
        number = rules.place(node.operation) if node.operation is not None else LEAF
        rule.append(OUTSIDE if number is None else number)
        if number is None:
            recorded[place] = {
                "result": plain(node.data),
                "local": list(map(plain, node.local_derivatives)),
                "from": [plain(operand.data) for operand in node.operands],
            }
    return {
        "rule": rule,
        "operands": [runs([places[operand] for operand in node.operands]) for node in order],
        "leaves": [None if node.operands else plain(node.data) for node in order],
        "recorded": recorded,
        "roots": [places[root] for root in start],
        "upstream": [plain(gradient) for gradient in start.values()],
    }


def runs(numbers: Sequence[int]) -> list[int]:
    """Places with `3, -7` for `3, 4, 5, 6, 7`: of the weights of a neuron two numbers are enough."""
    written: list[int] = []
    first = 0
    while first < len(numbers):
        last = first
        while last + 1 < len(numbers) and numbers[last + 1] == numbers[last] + 1:
            last += 1
        written += [numbers[first], -numbers[last]] if last - first > 1 else numbers[first : last + 1]
        first = last + 1
    return written


def plain(number: float) -> float | str:
    """A number as JSON has it; one that JSON lacks as a text."""
    return number if math.isfinite(number) else f"{number}"


def _template_key(rules: Rules, rule: int, n_operands: int) -> str:
    return f"{rule},{n_operands}" if rules.operations[rule].many else str(rule)


def _spoken_of(scene: Scene) -> set[Value]:
    """The values that are called by name: all, or where boxes are modules leaves, outputs and what has its own box."""
    if scene.by_value:
        return set(scene.graph.order)
    alone = [node for node, box in scene.places.items() if not MEANS & dict(scene.picture.boxes[box].rows).keys()]
    leaves = [node for node in scene.graph.order if not node.operands]
    return {*leaves, *alone, *(operand for node in alone for operand in node.operands), *scene.part.roots}


def _symbols(scene: Scene, said: Container[Value]) -> dict[int, Any]:
    """How formulas call the values whose name is long or not their own: an expression with its strength; 0 for none."""
    names = scene.roles
    symbols: dict[int, Any] = {}
    for place, node in enumerate(scene.graph.order):
        if node not in said:
            continue
        symbol = symbol_of(node, names)
        if symbol is None:
            symbols[place] = 0
        elif symbol.operation is not None:
            symbols[place] = template(symbol, {})
    return symbols


def _boxes(scene: Scene) -> dict[str, Any]:
    """Which values each box stands for, and which of them its numbers are of."""
    places = {node: place for place, node in enumerate(scene.graph.order)}
    members: list[list[Value]] = [[] for _ in scene.picture.boxes]
    for node in scene.part.order:
        members[scene.places[node]].append(node)
    left_out = {scene.places[node]: count for node, count in scene.part.left_out.items()}
    if scene.by_value:
        return {"byValue": True, "boxes": [places[one] for (one,) in members], "leftOut": left_out}
    used_outside = {
        operand
        for node in scene.part.order
        for operand in node.operands
        if operand in scene.places and scene.places[operand] != scene.places[node]
    } | set(scene.part.roots)
    return {
        "byValue": False,
        "boxes": [runs([places[node] for node in each]) for each in members],
        "outputs": [runs([places[node] for node in each if node in used_outside]) for each in members],
        "means": [int(bool(MEANS & dict(box.rows).keys())) for box in scene.picture.boxes],
        "leftOut": left_out,
        "titles": [box.tooltip for box in scene.picture.boxes],
        "lines": [[line.tail, line.head] for line in scene.picture.lines],
    }


def _places(scene: Scene) -> dict[str, Any]:
    """Which module and which layer made each value, and in which source line."""
    order = scene.graph.order
    modules = [scene.module(node) for node in order]
    known = list(dict.fromkeys(modules))
    layers = dict(zip(modules, map(scene.layer, order), strict=True))
    sources = {
        place: printable(node.origin.place, 100)
        for place, node in enumerate(order)
        if node.origin is not None and node.origin.place
    }
    return {
        "modules": known,
        "layers": [layers[module] for module in known],
        "moduleOf": [known.index(module) for module in modules] if len(known) > 1 else [],
        "sources": sources,
    }
