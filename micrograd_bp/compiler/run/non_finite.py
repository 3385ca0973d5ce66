"""Where in a graph numbers stop being finite."""

import math
from collections.abc import Iterable, Mapping
from contextvars import Context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.engine import Value, topological_order

ERRORS_IGNORED = Context()
"""NumPy keeps in a context what it does about overflow and the like. To run in this one, where it goes on with inf and
nan, takes a fraction of the time of `np.errstate`, which small programs would notice."""
ERRORS_IGNORED.run(np.seterr, all="ignore")


def first_non_finite(
    loss: Value, numbers: Mapping[Value, NDArray[Any]], targets: Iterable[Value]
) -> tuple[Value | None, bool]:
    """The first value that is not finite, or else the first whose gradient is not, on the way back from the loss.

    Args:
        loss: the root of the graph.
        numbers: the numbers of leaves: one for each sample, or one for all.
        targets: the leaves with respect to which it was differentiated; other gradients are nobody's concern.

    Returns:
        The value, and whether it is its gradient that is not finite.
    """
    order = topological_order(loss)
    moved = set(targets)
    for node in order:
        if not moved.isdisjoint(node.operands):
            moved.add(node)
    samples = max([len(array) for array in numbers.values()], default=1)
    for sample in range(samples):
        data = {leaf: float(array[sample if len(array) > 1 else 0]) for leaf, array in numbers.items()}
        slopes: dict[Value, tuple[float, ...]] = {}
        for node in order:
            if node not in data and node.operation is not None and node.operation.operand_names:
                operands = [data[operand] for operand in node.operands]
                data[node], slopes[node] = node.operation.compute_in_ieee(operands)
            if not np.isfinite(data.setdefault(node, node.data)):
                return node, False
        gradients = dict.fromkeys(order, 0.0)
        gradients[loss] = 1.0
        for node in reversed(order):
            if node in moved and not np.isfinite(gradients[node]):
                return node, True
            for operand, slope in zip(node.operands, slopes.get(node, ()), strict=False):
                gradients[operand] += gradients[node] * slope
    return None, False


def described(value: float, gradient: NDArray[Any], statement: str, node: Value | None) -> str:
    """A loss or a gradient that is not finite, in words: the statement it begins with, and the node."""
    text = f"the loss is {value:.4g}"
    if np.isfinite(value):
        text += f", and its gradient contains {gradient[~np.isfinite(gradient)][0]}"
    if statement:
        text += f"; it begins with {statement}"
    if node is not None:
        scope = node.origin.scope if node.origin is not None else ""
        text += f": {node!r}{f', made in {scope}' if scope else ''}"
    return text


def all_finite(gradient: NDArray[Any]) -> bool:
    """Whether no entry is nan or inf."""
    # One number tells, unless squares overflow.
    squares = ERRORS_IGNORED.copy().run(gradient.dot, gradient)
    return math.isfinite(squares) or bool(np.isfinite(gradient).all())
