"""The array language: what a program computes, as a graph of arrays that never change.

An array is a function of other arrays. Equal ones are one object, so that whatever is computed twice is shared. Two
functions alone know of places: `take` reads entries, and `scatter`, its transpose, adds to them. A shape is a tuple of
numbers; `BATCH` stands for the number of samples, which only the running program knows.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import numpy as np

from micrograd_bp.compiler.find.groups import Index
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.arrays import Arrays
from micrograd_bp.engine.numbers.floats import is_primitive
from micrograd_bp.engine.numbers.formulas import OPERATORS
from micrograd_bp.engine.table import OPERATIONS

Shape = tuple[int, ...]

BATCH = -1
"""The extent of the axis of samples; in a reshape, NumPy too writes -1 for what it is to find out."""


class Array:
    """An array, made by `array` or one of the functions below.

    Attributes:
        function: its name: an operation of numbers, entry by entry, or one of the functions of arrays below.
        operands: the arrays it is computed from.
        shape: its extents.
        detail: what else the function needs: a literal's number, constant numbers, what a variable stands for, axes,
            indices.
    """

    __slots__ = ("__weakref__", "detail", "function", "operands", "shape")

    def __init__(self, function: str, operands: "tuple[Array, ...]", shape: Shape, detail: Any) -> None:
        self.function = function
        self.operands = operands
        self.shape = shape
        self.detail = detail

    @property
    def name(self) -> str:
        """What a variable is called: the name of what it stands for."""
        return str(getattr(self.detail, "name", self.detail))

    def is_literal(self, number: float) -> bool:
        """Whether it is this number, written down."""
        return self.function == "literal" and bool(self.detail == number)

    @property
    def is_computed(self) -> bool:
        """Whether it has numbers of its own. A function that is in no table may show those of its operand."""
        return is_entrywise(self.function) or self.function in (*WHOLE, "outer")

    def __repr__(self) -> str:
        known: dict[Array, str] = {}
        for node in topological_order(self):
            detail = [] if node.detail is None else [node.name]
            words = ", ".join([*(known[operand] for operand in node.operands), *detail])
            text = words if node.function in ("variable", "literal", "truth") else f"{node.function}({words})"
            known[node] = text if len(text) < 200 else "…"
        return known[self]


_arrays: WeakValueDictionary[Any, Array] = WeakValueDictionary()


def array(function: str, operands: Sequence[Array] = (), shape: Shape = (), detail: Any = None) -> Array:
    """The array that is this function of these operands: the one that is there already, if there is one."""
    operands = tuple(operands)
    key = function, operands, shape, detail if detail is None else key_of(detail)
    known = _arrays.get(key)
    if known is None:
        known = _arrays[key] = Array(function, operands, shape, detail)
    return known


def key_of(detail: Any) -> Any:
    """A detail as something that can be looked up."""
    if isinstance(detail, np.ndarray):
        return detail.dtype.str, detail.shape, detail.tobytes()
    if isinstance(detail, tuple):
        return tuple(map(key_of, detail))
    return repr(detail) if isinstance(detail, float) else detail  # 0.0 is not -0.0, and nan is nan


def is_entrywise(function: str) -> bool:
    """Whether a function is one of numbers, which takes plain ones too; the operands of others must be arrays."""
    return function in OPERATORS or function == "finite" or (is_primitive(function) and not OPERATIONS[function].many)


Rule = Callable[[Array, Sequence[Array]], Array | None]
"""Gives another array for one, of which the operands are rewritten already, or None to leave it as it is."""


def rewritten(roots: Iterable[Array], rule: Rule) -> list[Array]:
    """Arrays computed in another way, from the leaves up."""
    roots = list(roots)
    new: dict[Array, Array] = {}
    for node in topological_order(*roots):
        operands = tuple([new[operand] for operand in node.operands])
        new[node] = rule(node, operands) or with_operands(node, operands)
    return [new[root] for root in roots]


def with_operands(node: Array, operands: tuple[Array, ...]) -> Array:
    """The same function of other operands."""
    return node if operands == node.operands else array(node.function, operands, node.shape, node.detail)


# ---- arrays of their own


def variable(named: Any, shape: Shape = ()) -> Array:
    """An array that has a name in the program: that of something with a `name`, or a text."""
    return array("variable", (), shape, named)


def literal(number: float) -> Array:
    """A number."""
    return array("literal", (), (), float(number))


def constant(numbers: "np.ndarray[Any, Any]") -> Array:
    """Numbers that the graph holds."""
    return array("constant", (), numbers.shape, numbers)


BATCH_SIZE = variable("batch")

# ---- functions of numbers, entry by entry, and how they are simplified

NUMBERS = {"literal", "constant"}
"""Arrays that hold numbers which are known: those that a rule has written, and those of the graph."""

_OF_NUMBERS = Arrays(np)


def computed(function: str, operands: Sequence[Any]) -> float:
    """What a function gives for plain numbers, in IEEE arithmetic."""
    if function in OPERATORS:
        compute, operands = OPERATORS[function], [np.float64(number) for number in operands]
    else:
        compute = getattr(_OF_NUMBERS, function)
    with np.errstate(all="ignore"):
        return float(compute(*operands))


def broadcast(*shapes: Shape) -> Shape:
    """The shape of arrays that are combined entry by entry."""
    if len(distinct := [shape for shape in dict.fromkeys(shapes) if shape]) < 2:
        return distinct[0] if distinct else ()
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple([next((extent for extent in extents if extent != 1), 1) for extents in zip(*padded, strict=True)])


def call(function: str, *operands: Array) -> Array:
    """An operation, entry by entry, in its simplest form; of numbers it is a number."""
    if all(operand.function in NUMBERS and not operand.shape for operand in operands):
        number = computed(function, [float(operand.detail) for operand in operands])
        is_literal = all(operand.function == "literal" for operand in operands)
        return literal(number) if is_literal else constant(np.array(number))
    simpler = SIMPLER[function](*operands) if function in SIMPLER else None
    if simpler is not None:
        return simpler
    shape = broadcast(*[operand.shape for operand in operands])
    for operand in operands if shape else ():  # what is repeated in rows meets the others in rows, without a copy of it
        whole = operand.operands[0] if operand.function == "reshape" else operand
        if whole.function == "broadcast_to" and all(other.shape in ((), operand.shape) for other in operands):
            rows = [reshape(other, whole.shape) if other.shape else other for other in operands]
            once = [each.operands[0] if each.function == "broadcast_to" else each for each in rows]
            return reshape(broadcast_to(call(function, *once), whole.shape), shape)
    return array(function, operands, shape)


def _multiply(a: Array, b: Array) -> Array | None:
    for one, other in ((a, b), (b, a)):
        if one.is_literal(1.0):
            return other
        if one.is_literal(-1.0):
            return call("negative", other)
        if one.function == "literal" and other.function == "multiply" and other.operands[0].function == "literal":
            return call("multiply", literal(one.detail * other.operands[0].detail), other.operands[1])
        if one.function == "divide" and one.operands[0].is_literal(1.0):
            return call("divide", other, one.operands[1])
    return None


def _add(a: Array, b: Array) -> Array | None:
    if a is b:
        return call("multiply", literal(2.0), a)
    if _adds_nothing(a, b) or _adds_nothing(b, a):
        return b if _adds_nothing(a, b) else a
    if a.function == "negative":
        a, b = b, a
    return call("subtract", a, b.operands[0]) if b.function == "negative" else None


def _subtract(a: Array, b: Array) -> Array | None:
    return a if _adds_nothing(b, a) else None


def _adds_nothing(a: Array, b: Array) -> bool:
    """Whether `a` is 0 wherever it meets `b`, as the numbers are at which Python's `sum` starts."""
    if a.function == "constant" and not a.detail.any():
        return broadcast(a.shape, b.shape) == b.shape
    return a.is_literal(0.0)


def _divide(a: Array, b: Array) -> Array | None:
    return a if b.is_literal(1.0) else None


def _negative(a: Array) -> Array | None:
    return a.operands[0] if a.function == "negative" else None


def _pow(a: Array, b: Array) -> Array | None:
    """Small powers are products, which are many times as fast."""
    if b.is_literal(0.0):
        return literal(1.0)
    if b.is_literal(3.0):
        return call("multiply", call("multiply", a, a), a)
    return a if b.is_literal(1.0) else call("multiply", a, a) if b.is_literal(2.0) else None


def finite_or_zero(a: Array) -> Array:
    """The numbers themselves, with 0 in place of those that are not finite."""
    return call("where", call("less", call("abs", a), literal(np.inf)), a, literal(0.0))


SIMPLER: dict[str, Callable[..., Array | None]] = {
    "multiply": _multiply,
    "add": _add,
    "subtract": _subtract,
    "divide": _divide,
    "negative": _negative,
    "pow": _pow,
}
"""For a function, its simpler form on some operands, or None. What is left gives the same numbers but for rounding."""


def signed(a: Array) -> tuple[float, Array]:
    """A sign, and the array without it."""
    if a.function == "negative":
        return -1.0, a.operands[0]
    if a.function == "literal" and np.signbit(a.detail):
        return -1.0, literal(-a.detail)
    if a.function == "multiply" and (sign := signed(a.operands[0]))[0] < 0.0:
        return -1.0, call("multiply", sign[1], a.operands[1])
    return 1.0, a


# ---- functions of whole arrays

VIEWS = {"reshape", "transpose", "broadcast_to", "of_round"}
"""Those that show the entries of their operand in another way, without computing anything."""

WHOLE = {"sum", "max", "matmul", "concatenate", "scatter"}
"""Those that make an array of their own, and read other entries than those which they compute."""


def matmul(a: Array, b: Array) -> Array:
    """The matrix product of a (…, k) or (k,) with b (k, n) or (k,)."""
    return array("matmul", (a, b), a.shape[:-1] + b.shape[1:])


def outer(a: Array, b: Array) -> Array:
    """The products of each entry of a (k,) with each of b (n,)."""
    return array("outer", (a, b), a.shape + b.shape)


def transpose(a: Array) -> Array:
    """A matrix with rows and columns exchanged."""
    return a.operands[0] if a.function == "transpose" else array("transpose", (a,), a.shape[::-1])


def reshape(a: Array, shape: Shape) -> Array:
    """The same entries in another shape."""
    if a.function == "reshape":
        a = a.operands[0]
    if a.shape == shape:
        return a
    if a.function == "constant":
        return constant(a.detail.reshape(shape))
    if a.function == "sum" and a.detail[1]:  # leave out the axes that were kept
        whole = a.operands[0].shape
        axes = a.detail[0] if shape else tuple(range(len(whole)))
        left = [extent for axis, extent in enumerate(whole) if axis not in axes]
        if all(axis in a.detail[0] or whole[axis] == 1 for axis in axes) and shape == tuple(left):
            return array("sum", a.operands, shape, (axes, False))
    return array("reshape", (a,), shape)


def broadcast_to(a: Array, shape: Shape) -> Array:
    """The array with its entries repeated until it has this shape."""
    if a.shape == shape:
        return a
    return array("broadcast_to", a.operands if a.function == "broadcast_to" else (a,), shape)


def total(a: Array, axes: Sequence[int], function: str = "sum") -> Array:
    """The sum, or the maximum, over some axes, which stay with an extent of 1."""
    if not axes:
        return a
    if a.function == "constant":
        return constant(getattr(a.detail, function)(tuple(axes), keepdims=True))
    return array(function, (a,), kept_axes(a.shape, axes), (tuple(axes), True))


def kept_axes(shape: Shape, axes: Sequence[int]) -> Shape:
    """The shape of a sum over some axes, which stay with an extent of 1."""
    return tuple([1 if axis in axes else extent for axis, extent in enumerate(shape)])


def concatenate(parts: Sequence[Array]) -> Array:
    """Arrays side by side along the last axis."""
    return array("concatenate", parts, (*parts[0].shape[:-1], sum(part.shape[-1] for part in parts)))


def take(a: Array, index: Index) -> Array:
    """The entries along the last axis at an index, in its shape; 0 where it has a hole."""
    index = np.asarray(index)
    if index.shape == a.shape[-1:] and (index == np.arange(a.shape[-1])).all():
        return a
    return array("take", (a,), a.shape[:-1] + index.shape, index)


class Part(NamedTuple):
    """What `scatter` adds: an array, and at which entries along the last axis; None for all, in order."""

    array: Array
    places: Index | None


def scatter(parts: Sequence[Part], shape: Shape) -> Array:
    """Zeros, to which parts have been added; what comes to the same entry adds up."""
    return array("scatter", [part.array for part in parts], shape, tuple([part.places for part in parts]))


def parts_of(a: Array) -> list[Part]:
    """The parts of a `scatter`; of any other array it is all."""
    return list(map(Part, a.operands, a.detail)) if a.function == "scatter" else [Part(a, None)]


# ---- arrays that count as repeated


def reduce_to(a: Array, extents: Shape, shape: Shape) -> Array:
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
    padded = (1,) * (rank - len(a.shape)) + a.shape
    summed = [axis for axis in range(rank) if target[axis] == 1 != extents[axis]]
    repeated = [extents[axis] for axis in summed if padded[axis] == 1]
    axes = [axis - (rank - len(a.shape)) for axis in summed if padded[axis] != 1]
    a = total(a, axes)
    for extent in repeated:
        a = call("multiply", BATCH_SIZE if extent == BATCH else literal(extent), a)
    left = kept_axes(padded, summed)[rank - len(shape) :]
    return reshape(a, left) if len(a.shape) > len(shape) else a


def laid_out(a: Array, shape: Shape, new: Shape) -> Array:
    """Something that broadcasts to `shape`, in a new shape with as many entries. A number fits into any."""
    return reshape(broadcast_to(a, shape), new) if a.shape and shape != new else a
