"""Expressions: what the arrays of a program are computed from, as trees with known shapes.

A shape is a tuple of numbers; `BATCH` stands for the number of samples, which only the running program knows.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

Shape = tuple[int, ...]

BATCH = -1
"""The extent of the axis of samples; in a reshape, NumPy too writes -1 for what it is to find out."""


class Expression:
    """An array: a variable, a literal, constant numbers, or a function of other arrays.

    Attributes:
        function: its name: an operation of numbers, entry by entry, or one of the functions of arrays below.
        operands: the arrays it is computed from.
        shape: its extents.
        detail: what else the function needs: a literal's number, constant numbers, a variable's name, axes, an index.
    """

    __slots__ = ("detail", "function", "operands", "shape")

    def __init__(
        self, function: str, operands: "tuple[Expression, ...]" = (), shape: Shape = (), detail: Any = None
    ) -> None:
        self.function = function
        self.operands = operands
        self.shape = shape
        self.detail = detail

    def is_literal(self, number: float) -> bool:
        """Whether it is this number, written down."""
        return self.function == "literal" and self.detail == number


def broadcast(*shapes: Shape) -> Shape:
    """The shape of arrays that are combined entry by entry."""
    rank = max((len(shape) for shape in shapes), default=0)
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple([next((extent for extent in extents if extent != 1), 1) for extents in zip(*padded, strict=True)])


def variable(named: Any, shape: Shape = ()) -> Expression:
    """An array that has a name in the program: that of something with a `name`, or a text."""
    return Expression("variable", (), shape, named)


def literal(number: float) -> Expression:
    """A number."""
    return Expression("literal", (), (), float(number))


def constant(numbers: "np.ndarray[Any, Any]") -> Expression:
    """Numbers that the graph holds."""
    return Expression("constant", (), numbers.shape, numbers)


def call(function: str, *operands: Expression) -> Expression:
    """An operation, entry by entry. Ones and zeros that are written down are simplified away."""
    if function == "multiply":
        for one, other in (operands, operands[::-1]):
            if one.is_literal(1.0):
                return other
            if one.is_literal(-1.0):
                return call("negative", other)
            if one.function == "literal" and other.function == "literal":
                return literal(one.detail * other.detail)
            if one.function == "literal" and other.function == "multiply" and other.operands[0].function == "literal":
                return call("multiply", literal(one.detail * other.operands[0].detail), other.operands[1])
    if function == "divide" and operands[1].is_literal(1.0):
        return operands[0]
    if function in ("add", "subtract") and operands[1].is_literal(0.0):
        return operands[0]
    if function == "add" and operands[0].is_literal(0.0):
        return operands[1]
    if function == "negative" and operands[0].function == "literal":
        return literal(-operands[0].detail)
    if function == "negative" and operands[0].function == "negative":
        return operands[0].operands[0]
    if function == "pow" and operands[1].function == "literal":
        base, exponent = operands[0], operands[1].detail
        if exponent == 0.0:
            return literal(1.0)
        if exponent in (1.0, 2.0, 3.0):  # a product is many times faster
            square = base if exponent == 1.0 else call("multiply", base, base)
            return call("multiply", square, base) if exponent == 3.0 else square
    return Expression(function, operands, broadcast(*[operand.shape for operand in operands]))


def matmul(a: Expression, b: Expression) -> Expression:
    """The matrix product of a (…, k) or (k,) with b (k, n) or (k,)."""
    return Expression("matmul", (a, b), a.shape[:-1] + b.shape[1:])


def outer(a: Expression, b: Expression) -> Expression:
    """The products of each entry of a (k,) with each of b (n,)."""
    return Expression("outer", (a, b), a.shape + b.shape)


def transpose(a: Expression) -> Expression:
    """A matrix with rows and columns exchanged."""
    if a.function == "transpose":
        return a.operands[0]
    return Expression("transpose", (a,), a.shape[::-1])


def reshape(a: Expression, shape: Shape) -> Expression:
    """The same entries in another shape."""
    if a.function == "reshape":
        a = a.operands[0]
    if a.shape == shape:
        return a
    if a.function == "sum" and a.detail[1]:  # leave out the axes that were kept
        whole = a.operands[0].shape
        axes = a.detail[0] if shape else tuple(range(len(whole)))
        if all(axis in a.detail[0] or whole[axis] == 1 for axis in axes) and shape == tuple(_without(whole, axes)):
            return Expression("sum", a.operands, shape, (axes, False))
    return Expression("reshape", (a,), shape, shape)


def broadcast_to(a: Expression, shape: Shape) -> Expression:
    """The array with its entries repeated until it has this shape."""
    if a.shape == shape:
        return a
    return Expression("broadcast_to", a.operands if a.function == "broadcast_to" else (a,), shape, shape)


def total(a: Expression, axes: Sequence[int], function: str = "sum") -> Expression:
    """The sum, or the maximum, over some axes, which stay with an extent of 1."""
    if not axes:
        return a
    shape = tuple([1 if axis in axes else extent for axis, extent in enumerate(a.shape)])
    return Expression(function, (a,), shape, (tuple(axes), True))


def _without(shape: Shape, axes: Sequence[int]) -> list[int]:
    return [extent for axis, extent in enumerate(shape) if axis not in axes]


def entries(a: Expression, index: "slice | int | np.ndarray[Any, Any]") -> Expression:
    """Some entries along the last axis: a slice of them, a single one, or those that an index names."""
    if isinstance(index, int):
        return Expression("entries", (a,), a.shape[:-1], index)
    count = len(range(a.shape[-1])[index]) if isinstance(index, slice) else len(index)
    return Expression("entries", (a,), (*a.shape[:-1], count), index)


def concatenate(parts: Sequence[Expression]) -> Expression:
    """Arrays side by side along the last axis."""
    shape = parts[0].shape[:-1]
    return Expression("concatenate", tuple(parts), (*shape, sum(part.shape[-1] for part in parts)))


BATCH_SIZE = variable("batch")


def reduce_to(a: Expression, extents: Shape, shape: Shape) -> Expression:
    """The sum of an array over the axes along which something of `shape` was repeated to make up `extents`.

    Args:
        a: broadcasts to `extents`, and counts as if it had been.
        extents: the whole shape.
        shape: broadcasts to `extents`.

    Returns:
        Something that broadcasts to `shape`.
    """
    rank = len(extents)
    target = (1,) * (rank - len(shape)) + shape
    given = (1,) * (rank - len(a.shape)) + a.shape
    summed = [axis for axis in range(rank) if target[axis] == 1 != extents[axis]]
    repeated = [extents[axis] for axis in summed if given[axis] == 1]
    axes = [axis - (rank - len(a.shape)) for axis in summed if given[axis] != 1]
    a = total(a, axes)
    for extent in repeated:
        a = _times_batch(a) if extent == BATCH else call("multiply", literal(extent), a)
    left = tuple([1 if axis in summed else extent for axis, extent in enumerate(given)])[rank - len(shape) :]
    return reshape(a, left) if len(a.shape) > len(shape) else a


def _times_batch(a: Expression) -> Expression:
    if a.function == "divide" and a.operands[1] is BATCH_SIZE:
        return a.operands[0]
    return call("multiply", BATCH_SIZE, a)
