"""Whether a gradient is right, in three questions whose answers add up to it.

Does each rule agree with its own result, at its operands? Does the gradient follow from the rules? And is the graph all
that the function does: does it give what the function gives where an input is moved? So a wrong rule is named where
it stands, and neither a pole, a kink nor a large number beside a small one makes a right gradient look wrong.
"""

import math
from collections.abc import Callable, Sequence
from itertools import takewhile

from micrograd_bp.engine.derivatives import gradients
from micrograd_bp.engine.differences import EPSILON, INFORMATIVE, Comparison
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.origin import no_graph
from micrograd_bp.engine.rule_checks import Edges, checked_edges, rounding, wrong_rules
from micrograd_bp.engine.value import Value


def compared(
    call: Callable[[], Value], output: Value, named: Sequence[tuple[str, Value]], tolerance: float
) -> tuple[list[Comparison], dict[str, Comparison]]:
    """The gradient of `output`, which `call` gives again for other numbers, beside differences.

    Returns:
        A comparison for each of the named inputs, and one for each rule that its own result contradicts, by name.
    """
    order = topological_order(output)
    edges = checked_edges(order, tolerance)
    error = 4.0 * rounding(output)
    comparisons = []
    for (name, value), gradient in zip(named, gradients(output, [value for _, value in named]), strict=True):
        comparison = _along(name, value, gradient, order, edges, tolerance)
        if comparison.agrees:
            comparison = _beside_the_graph(call, comparison, value, order, error, tolerance)
        comparisons.append(comparison)
    return comparisons, wrong_rules(edges)


# ---- does the gradient follow from the rules?


def _along(
    name: str,
    value: Value,
    gradient: float,
    order: Sequence[Value],
    edges: Edges,
    tolerance: float,
) -> Comparison:
    """The gradient along an input against the chain rule, forwards, with the derivatives that differences have."""
    speeds = {value: (1.0, 0.0)}  # how fast each node moves, and how wrong that may be
    remark = ""
    for node in order:
        if node is value or speeds.keys().isdisjoint(node.operands):
            continue
        total, total_error = 0.0, 0.0
        for operand, edge in zip(node.operands, edges[node], strict=True):
            if operand not in speeds:
                continue
            speed, error = speeds[operand]
            total += edge.slope * speed
            total_error += abs(edge.slope) * error + (edge.error + EPSILON * abs(edge.slope)) * abs(speed)
            if edge.comparison.remark and node.operation is not None:
                remark = f"{edge.comparison.remark} of {node.operation.name}"
        speeds[node] = total, total_error
    difference, error = speeds.get(order[-1], (0.0, 0.0))
    if not math.isfinite(gradient):
        return Comparison(name, gradient, difference, math.nan, agrees=False)
    return Comparison.of(name, gradient, difference, 4.0 * error, tolerance)._replace(remark=remark)


# ---- is the graph all that the function does?


def _beside_the_graph(
    call: Callable[[], Value],
    comparison: Comparison,
    value: Value,
    order: Sequence[Value],
    error: float,
    tolerance: float,
) -> Comparison:
    """What the function does with an input besides its graph: the two must change alike where the input is moved.

    Where they do not, a branch of Python may have been taken that begins beyond the point; smaller steps agree then, to
    one side at least.
    """
    x, before = value.data, order[-1].data

    def changes(step: float) -> tuple[float, float, float] | None:
        """The step as it is rounded, and how much function and graph change; None where they fail."""
        try:
            value.data = moved = x + step
            with no_graph():
                by_function = call().data - before
            value.data = x
            by_graph = _result_again(order, value, moved) - before
        except (ValueError, ArithmeticError):
            return None
        finally:
            value.data = x
        return (moved - x, by_function, by_graph) if math.isfinite(by_function) and moved != x else None

    def alike(by_function: float, by_graph: float) -> bool:
        return abs(by_function - by_graph) <= error + tolerance * abs(by_function)

    first = changes(1e-4 * (abs(x) or 1.0))
    if first and alike(*first[1:]) and error <= INFORMATIVE * abs(first[1]):
        return comparison
    steps = sorted({size * 10.0**-power for size in (abs(x) or 1.0, 1.0) for power in (0, 1, 2, 4, 6, 8, 10, 12)})
    difference = math.nan
    for side in (1.0, -1.0):
        found = [each for each in map(changes, [side * step for step in steps]) if each]
        good = list(takewhile(lambda each: alike(*each[1:]), found))
        if not found:
            continue
        # A slope above `hidden` would have shown in smaller steps: it begins beyond them.
        hidden = min([10.0 * error / abs(step) for step, *_ in good], default=math.inf)
        step, by_function, by_graph = found[min(len(good), len(found) - 1)]
        missing = (by_function - by_graph) / step
        if len(good) == len(found) or abs(missing) > hidden:
            return comparison
        difference = comparison.gradient + missing
    contradicted = Comparison.of(comparison.name, comparison.gradient, difference, 0.0, tolerance)
    return contradicted._replace(agrees=False)


def _result_again(order: Sequence[Value], value: Value, moved: float) -> float:
    """The graph's result with another number in one place, rounded as when it was made."""
    data = {value: moved}
    for node in order:
        if node is not value and node.operation is not None and any(operand in data for operand in node.operands):
            numbers = [data.get(operand, operand.data) for operand in node.operands]
            try:
                data[node] = float(node.operation.compute(numbers)[0])
            except (ValueError, ArithmeticError):  # a derivative that does not exist is nothing here
                data[node] = node.operation.result(numbers)
    return data.get(order[-1], order[-1].data)
