"""The derivatives of array functions, each written once, and the way back that follows from them, for all forms.

A gradient counts as repeated to the shape of its array: a number may stand for an array of equal ones.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, MutableMapping, Reversible
from typing import TypeVar

import numpy as np

from micrograd_bp.compiler.arrays.language import (
    BATCH,
    Array,
    Part,
    Shape,
    broadcast,
    broadcast_to,
    call,
    kept_axes,
    laid_out,
    literal,
    matmul,
    outer,
    reduce_to,
    reshape,
    scatter,
    take,
    transpose,
)
from micrograd_bp.engine.graph import topological_order

Contributions = Iterable[tuple[Array, Array]]
"""Operands, and what comes to the gradient of each."""


def _add(y: Array, d: Array) -> Contributions:
    return [(x, reduce_to(d, y.shape, x.shape)) for x in y.operands]


def _subtract(y: Array, d: Array) -> Contributions:
    a, b = y.operands
    return [(a, reduce_to(d, y.shape, a.shape)), (b, reduce_to(call("negative", d), y.shape, b.shape))]


def _negative(y: Array, d: Array) -> Contributions:
    return [(y.operands[0], call("negative", d))]


def _multiply(y: Array, d: Array) -> Contributions:
    a, b = y.operands
    if a is b:
        return [(a, call("multiply", d, call("multiply", literal(2.0), a)))]
    return [(x, reduce_to(call("multiply", d, other), y.shape, x.shape)) for x, other in ((b, a), (a, b))]


def _matmul(y: Array, d: Array) -> Contributions:
    """dL/dx = dL/dz · Wᵀ and dL/dW = xᵀ · dL/dz, for z = x·W."""
    x, w = y.operands
    d = broadcast_to(d, y.shape)
    if len(x.shape) == 1:  # a vector times a matrix
        return [(x, matmul(w, d)), (w, outer(x, d))]
    return [(x, matmul(d, transpose(w))), (w, matmul(transpose(_as_matrix(x)), _as_matrix(d)))]


def _as_matrix(a: Array) -> Array:
    """Rows of samples, or of samples and places, for a product that sums over them."""
    return a if len(a.shape) == 2 else reshape(a, (BATCH, a.shape[-1]))


def _sum(y: Array, d: Array) -> Contributions:
    (x,) = y.operands
    return [(x, laid_out(d, y.shape, kept_axes(x.shape, y.detail[0])))]


def _reshape(y: Array, d: Array) -> Contributions:
    return [(x, laid_out(d, y.shape, x.shape)) for x in y.operands]


def _concatenate(y: Array, d: Array) -> Contributions:
    d = broadcast_to(d, y.shape)
    stops = np.cumsum([x.shape[-1] for x in y.operands])
    return [(x, take(d, np.arange(stop - x.shape[-1], stop))) for x, stop in zip(y.operands, stops, strict=True)]


def _where(y: Array, d: Array) -> Contributions:
    condition, a, b = y.operands
    zero = literal(0.0)
    either = [(a, call("where", condition, d, zero)), (b, call("where", condition, zero, d))]
    return [(x, reduce_to(share, y.shape, x.shape)) for x, share in either]


def _take(y: Array, d: Array) -> Contributions:
    return [(x, scatter([Part(d, y.detail)], x.shape)) for x in y.operands]


DERIVATIVES: dict[str, Callable[[Array, Array], Contributions]] = {
    "add": _add,
    "subtract": _subtract,
    "negative": _negative,
    "multiply": _multiply,
    "matmul": _matmul,
    "sum": _sum,
    "reshape": _reshape,
    "broadcast_to": _add,
    "concatenate": _concatenate,
    "take": _take,
    "at_round": _take,
    "where": _where,
}
"""For an array and its gradient, what comes to its operands. Operations of the table have theirs from their rules."""


def contributions(y: Array, d: Array, moving: Callable[[Array], bool]) -> Contributions:
    """What comes from an array to the gradients of variables that it is computed from.

    Args:
        y: the array.
        d: its gradient.
        moving: whether the gradient of a variable is wanted.

    Yields:
        A variable, and an array; a `scatter` where it comes to some of its entries.
    """
    wanted: set[Array] = set()
    for node in topological_order(y):
        if moving(node) if node.function == "variable" else not wanted.isdisjoint(node.operands):
            wanted.add(node)
    stack = [(y, d)]
    while stack:
        node, gradient = stack.pop()
        if node not in wanted or gradient.is_literal(0.0):
            continue
        if node.function == "variable":
            yield node, gradient
            continue
        stack += reversed(list(DERIVATIVES[node.function](node, gradient)))


def stated(slopes: Iterable[tuple[Array, Array]], d: Array, extents: Shape = ()) -> Iterator[tuple[Array, Array]]:
    """Upstream gradient times local derivative, for an operation of the table.

    Args:
        slopes: its operands, each with the derivative that the rule states.
        d: its gradient.
        extents: the shape in which it is combined with its operands.

    Yields:
        An operand, and what comes to its gradient. Nothing where the rule says 0: for an infinite d, d * 0 is nan.
    """
    for x, slope in slopes:
        if not slope.is_literal(0.0):
            yield x, reduce_to(call("multiply", d, slope), broadcast(extents, x.shape), x.shape)


Place = TypeVar("Place", bound=Hashable)
Total = TypeVar("Total")


def backward(
    places: Reversible[Place], gradients: MutableMapping[Place, Total], give_back: Callable[[Place, Total], None]
) -> None:
    """The chain rule, for a program in any form: what was computed, in reverse, each giving its gradient back.

    Args:
        places: what was computed, in order.
        gradients: what has come to the gradient of each place: of the root, and in the end of the leaves.
        give_back: takes a place and what has come to it; adds to the gradients of what it was computed from.
    """
    for place in reversed(places):
        if place in gradients:
            give_back(place, gradients.pop(place))
