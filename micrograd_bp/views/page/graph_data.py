"""The graph as a page computes with it: for each value its rule and its operands, and the numbers of the leaves."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from micrograd_bp.engine import Value
from micrograd_bp.views.page.rules import Rules

LEAF, OUTSIDE = -1, -2
"""In place of a rule: there is none, or only Python can run it."""


def graph_data(order: Sequence[Value], start: Mapping[Value, float], rules: Rules) -> dict[str, Any]:
    """What `passes.js` computes with, fit for JSON.

    Args:
        order: the graph in topological order.
        start: the upstream gradient of each output; others have 0.
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
    roots = [node for node in order if start[node] != 0.0]
    return {
        "rule": rule,
        "operands": [[places[operand] for operand in node.operands] for node in order],
        "leaves": [None if node.operands else plain(node.data) for node in order],
        "recorded": recorded,
        "roots": [places[root] for root in roots],
        "upstream": [plain(start[root]) for root in roots],
    }


def plain(number: float) -> float | str:
    """A number as JSON has it; one that JSON lacks as a text."""
    return number if math.isfinite(number) else f"{number}"
