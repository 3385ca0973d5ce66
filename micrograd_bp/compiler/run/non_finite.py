"""Where in a graph numbers stop being finite."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.compiler.find.graph import dependent
from micrograd_bp.compiler.write.source_text import Place
from micrograd_bp.engine import Value, topological_order

ERRORS_IGNORED = Context()
"""NumPy keeps in a context what it does about overflow and the like. To run in this one, where it goes on with inf and
nan, takes a fraction of the time of `np.errstate`, which small programs would notice."""
ERRORS_IGNORED.run(np.seterr, all="ignore")


def one_sample(inputs: Sequence[NDArray[Any]], is_finite: Callable[[Sequence[NDArray[Any]]], bool]) -> NDArray[Any]:
    """The inputs of a sample for which a program gives numbers that are not finite, one after the other.

    Args:
        inputs: those of a batch for which it does.
        is_finite: whether it gives finite numbers for some inputs.
    """
    while inputs and (half := len(inputs[0]) // 2):
        first, second = [array[:half] for array in inputs], [array[half:] for array in inputs]
        inputs = second if is_finite(first) else first
    return np.concatenate([np.empty(0), *(array[0] for array in inputs)])


def first_non_finite(
    loss: Value,
    numbers: Mapping[Value, float],
    targets: Sequence[Value],
    where: Callable[[Value], Sequence[Place]],
    dtype: str,
) -> tuple[Value | None, Place | None]:
    """The first value that is not finite, or else the first whose gradient is not, on the way back from the loss.

    Args:
        loss: the root of the graph.
        numbers: the numbers of leaves.
        targets: the leaves with respect to which it was differentiated; other gradients are nobody's concern.
        where: the places of a value; one that has a place comes before those without.
        dtype: what the program computes with.

    Returns:
        The value, and the place of it or of its gradient.
    """
    order, number_type = topological_order(loss), np.dtype(dtype).type
    moved = {*targets, *dependent(order, targets)}
    data = dict(numbers)
    slopes: dict[Value, tuple[float, ...]] = {}
    not_finite: list[tuple[Value, int]] = []
    with np.errstate(all="ignore"):
        for node in order:
            if node not in data and node.operation is not None and node.operation.operand_names:
                result, slopes[node] = node.operation.compute_in_ieee([data[operand] for operand in node.operands])
                data[node] = float(number_type(result))
            if not np.isfinite(data.setdefault(node, node.data)):
                not_finite.append((node, 0))
        gradients = dict.fromkeys(order, 0.0)
        gradients[loss] = 1.0
        for node in reversed(order):
            if node in moved and not np.isfinite(gradients[node]):
                not_finite.append((node, -1))
            for operand, slope in zip(node.operands, slopes.get(node, ()), strict=False):
                gradients[operand] = float(number_type(gradients[operand] + gradients[node] * slope))
    for node, place in not_finite:
        if places := where(node):
            return node, places[place]
    return (not_finite[0][0] if not_finite else None), None


def described(outcome: Sequence[Any], node: Value | None, place: Place | None) -> str:
    """A loss or a gradient that is not finite, in words: the statement it begins with, and the node."""
    value, *gradients = outcome
    text = f"the loss is {value:.4g}"
    if np.isfinite(value):
        gradient = np.concatenate([each.ravel() for each in gradients])
        text += f", and its gradient contains {gradient[~np.isfinite(gradient)][0]}"
    if place is not None:
        text += f"; it begins with {place.statement} (line {place.line} of its source)"
    if node is not None:
        scope = node.origin.scope if node.origin is not None else ""
        text += f": {node!r}{f', made in {scope}' if scope else ''}"
    return text


def all_finite(value: float, *gradients: NDArray[Any]) -> bool:
    """Whether a loss and gradients have no nan or inf in them."""
    return math.isfinite(value) and all(map(_is_finite, gradients))


def _is_finite(gradient: NDArray[Any]) -> bool:
    # One number tells, unless squares overflow.
    flat = gradient.ravel()
    squares = ERRORS_IGNORED.copy().run(flat.dot, flat)
    return math.isfinite(squares) or bool(np.isfinite(flat).all())
