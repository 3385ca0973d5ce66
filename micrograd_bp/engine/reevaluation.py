"""A graph evaluated again with other numbers in its leaves, as a program would be."""

from collections.abc import Mapping, Sequence

from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.value import Value


def evaluate_again(outputs: Sequence[Value], numbers: Mapping[Value, float]) -> list[float]:
    """The outputs with other numbers in some of the leaves, in IEEE arithmetic; no Value is changed.

    Comparisons and `where` are operations, so a choice follows the new numbers; an `if` in the Python code that
    built the graph was recorded as it was taken.

    Args:
        outputs: values of one graph or of several.
        numbers: the new numbers, by leaf or by inner node; every other leaf keeps its own.
    """
    data: dict[Value, float] = {}
    for node in topological_order(*outputs):
        if node in numbers:
            data[node] = float(numbers[node])
        elif node.operation is None or not node.operation.operand_names:
            data[node] = node.data
        else:
            data[node] = node.operation.result_in_ieee([data[operand] for operand in node.operands])
    return [data[output] for output in outputs]
