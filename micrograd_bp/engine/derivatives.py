"""Derivatives as numbers of their own, without touching anybody's `grad`."""

from collections.abc import Sequence

from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.value import Value


def gradients(output: Value, inputs: Sequence[Value]) -> list[float]:
    """d(output)/d(input) for each of `inputs`, which may be inner nodes.

    The same sweep as `backward`, on a table of its own. An input that `output` does not depend on gives 0.0.
    """
    totals: dict[Value, float] = {output: 1.0}
    for node in reversed(topological_order(output)):
        upstream = totals.get(node, 0.0)
        for operand, local_derivative in zip(node.operands, node.local_derivatives, strict=True):
            totals[operand] = totals.get(operand, 0.0) + upstream * local_derivative
    return [totals.get(value, 0.0) for value in inputs]
