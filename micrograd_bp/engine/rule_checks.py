"""Whether each rule agrees with its own result, at the operands that it has in a graph.

The result is differentiated by a step along the imaginary axis, which has no rounding to speak of, or by finite
differences where it has no complex form.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from micrograd_bp.engine.complexes import complexes
from micrograd_bp.engine.derivatives import Term, gradients, upstream_gradients, value_namespace
from micrograd_bp.engine.differences import EPSILON, Comparison, compare
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.formulas import evaluate
from micrograd_bp.engine.operation import Operation
from micrograd_bp.engine.origin import recording
from micrograd_bp.engine.value import Value, ieee_arithmetic


class Edge(NamedTuple):
    """A local derivative beside that of differences.

    Attributes:
        comparison: of the two.
        slope: the derivative to go on with.
        error: how wrong it may be.
    """

    comparison: Comparison
    slope: float
    error: float


Edges = Mapping[Value, Sequence[Edge]]
"""For each node one for each operand."""


def check_rules(root: Value, tolerance: float = 1e-6) -> dict[str, Comparison]:
    """The operations below `root` whose local derivatives differences of their own result contradict.

    Returns:
        For each such operation, by its name, the first disagreement.
    """
    return wrong_rules(checked_edges(topological_order(root), tolerance))


def checked_edges(order: Sequence[Value], tolerance: float) -> Edges:
    """Every local derivative of some nodes against differences."""
    return {node: [_checked(node, place, tolerance) for place in range(len(node.operands))] for node in order}


def wrong_rules(edges: Edges) -> dict[str, Comparison]:
    """The first disagreement of each operation that has one, by its name."""
    wrong: dict[str, Comparison] = {}
    for node, along in edges.items():
        for edge in along:
            if node.operation is not None and not edge.comparison.agrees:
                wrong.setdefault(node.operation.name, edge.comparison)
    return wrong


def _checked(node: Value, place: int, tolerance: float) -> Edge:
    """The local derivative along one operand against the result of the rule, which takes no other node into account."""
    operation, derivative = node.operation, node.local_derivatives[place]
    if operation is None or not operation.operand_names or not math.isfinite(derivative):
        return Edge(Comparison("", derivative, derivative, 0.0, agrees=True), derivative, 0.0)
    numbers = [operand.data for operand in node.operands]
    comparison = _compared(operation, numbers, place, derivative, tolerance)
    slope = derivative if comparison.remark else comparison.difference
    return Edge(comparison, slope, abs(derivative - slope) if comparison.agrees else 0.0)


def _compared(
    operation: Operation, numbers: Sequence[float], place: int, derivative: float, tolerance: float
) -> Comparison:
    name = f"operand {place}" if operation.many else operation.operand_names[place]
    x = numbers[place]

    def with_operand(number: Any) -> list[Any]:
        return [*numbers[:place], number, *numbers[place + 1 :]]

    def slope(x: float, step: float) -> float:
        """The derivative at `x` by a step along the imaginary axis."""
        environment = operation.environment(operation.arranged(with_operand(complex(x, step))))
        (result,) = evaluate([operation.trace.result], environment, complexes)
        return float(result.imag) / step

    def at_a_kink() -> bool:
        """Whether `derivative` lies between the slopes at the numbers next to x: a kink is exactly there."""
        beside = [1e-150, -1e-150] if x == 0.0 else [math.nextafter(x, math.inf), math.nextafter(x, -math.inf)]
        try:
            low, high = sorted([slope(number, 1e-10 * min(abs(number), 1.0)) for number in beside])
        except (ValueError, ArithmeticError):  # the edge of the domain
            return False
        return low <= derivative <= high and not Comparison.of(name, low, high, 0.0, tolerance).agrees

    try:
        slopes = slope(x, 1e-10 * (min(abs(x), 1.0) or 1.0)), slope(x, 1e-20 * (min(abs(x), 1.0) or 1e-80))
        if not all(map(math.isfinite, slopes)):
            raise ArithmeticError("too large for a complex number")
        closest = min(slopes, key=lambda slope: abs(slope - derivative))
        comparison = Comparison.of(name, derivative, closest, 0.0, tolerance)
        if not comparison.agrees:
            error = abs(slopes[1] - slopes[0]) + _rounding_of_rule(operation, numbers, place)
            comparison = Comparison.of(name, derivative, closest, 4.0 * error, tolerance)
        if not comparison.agrees and at_a_kink():
            return comparison._replace(agrees=True, remark="at a kink")
        return comparison
    except (NotImplementedError, ValueError, ArithmeticError):  # no complex form
        comparison = compare(name, derivative, lambda number: operation.result(with_operand(number)), x, tolerance)
        if math.isnan(comparison.difference):
            return comparison._replace(difference=derivative, agrees=True, remark="not compared: the edge of a domain")
        return comparison


def _rounding_of_rule(operation: Operation, numbers: Sequence[float], place: int) -> float:
    """How wrong rounding may make a local derivative: that which the rule states, and that which its result has."""
    leaves = [Value(number) for number in numbers]
    arranged = operation.arranged(leaves)
    with ieee_arithmetic(), recording():
        result, derivatives = operation.rule(value_namespace, *arranged)
        stated: Term = operation.laid_out(derivatives, arranged)[place]
        (implied,) = gradients(result, [leaves[place]], create_graph=True) if isinstance(result, Value) else [0.0]
    return rounding(stated) + rounding(implied)


def rounding(result: Term) -> float:
    """How wrong a number may be because each operation that led to it was rounded, to first order."""
    if not isinstance(result, Value):
        return EPSILON * abs(result)
    order = topological_order(result)
    upstream = upstream_gradients([result], order)
    parts = [abs(upstream[node] * node.data) for node in order if node.operands]
    return EPSILON * sum([part for part in parts if math.isfinite(part)])
