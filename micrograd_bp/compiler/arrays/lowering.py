"""Groups as arrays: what the array of each group is computed from.

What a sum reads is differentiated as any array is; an operation keeps its operands, and the derivatives that its rule
states.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial, reduce
from typing import Any, NamedTuple

from micrograd_bp.compiler.arrays.language import (
    BATCH,
    NUMBERS,
    Array,
    Shape,
    broadcast_to,
    call,
    concatenate,
    constant,
    literal,
    matmul,
    reshape,
    take,
    total,
    variable,
)
from micrograd_bp.compiler.arrays.places import is_repeated, is_slice
from micrograd_bp.compiler.arrays.reading import Reader, shape_of, variable_of
from micrograd_bp.compiler.arrays.rules import Formulas, Functions
from micrograd_bp.compiler.find.groups import (
    Column,
    Entries,
    Group,
    Joined,
    Lists,
    Matrix,
    OperationGroup,
    SumGroup,
    Terms,
    Turn,
    View,
)
from micrograd_bp.engine.operation import Operation

MOST_SIDE_BY_SIDE = 4
"""So many terms at most are read one after the other, each as a slice, and not gathered."""


class Lowered(NamedTuple):
    """A group as an array.

    Attributes:
        group: the group.
        value: what its array is computed from.
        operands: of an operation, in order.
        formulas: of an operation, what each formula of its trace has become.
        extents: of an operation, the shape of its result beside its operands, of which one that is many numbers has an
            axis for them.
    """

    group: Group
    value: Array
    operands: Sequence[Array] = ()
    formulas: "Formulas | None" = None
    extents: Shape = ()

    def derivatives(self) -> Iterator[tuple[Array, Array]]:
        """The operands of an operation, each with the derivative that the rule states."""
        group, formulas = self.group, self.formulas
        if isinstance(group, OperationGroup) and formulas is not None:
            operation = group.operation
            for name, operand in zip(operation.operand_names, self.operands, strict=True):
                yield operand, formulas[operation.trace.derivatives[name]]

    @property
    def stands_for(self) -> Group | None:
        """The group whose numbers these are, as in x / 1, where the gradient too goes there as it is; else None."""
        if self.value.function != "variable" or not isinstance(self.value.detail, Group):
            return None
        passed_on = [
            (operand, slope.is_literal(1.0))
            for operand, slope in self.derivatives()
            if operand.function not in NUMBERS and not slope.is_literal(0.0)
        ]
        is_same = self.formulas is None or passed_on == [(self.value, True)]
        return self.value.detail if is_same else None


def lowered(group: Group, reader: Reader) -> Lowered:
    """The array of a group, from those it is made of."""
    return LOWERED[type(group)](group, reader)


def _view(group: View, _: Reader) -> Lowered:
    return Lowered(group, take(variable("parameters", (len(group.column.group),)), group.column.index))


def _turn(group: Turn, _: Reader) -> Lowered:
    return turn_lowered(group, group.turn)


def turn_lowered(group: Turn, turn: int) -> Lowered:
    """The leaves of a round."""
    row = group.rows[turn]
    value = constant(row) if group.source is None else take(variable_of(group.source), row)
    return Lowered(group, reshape(value, shape_of(group)))


def _joined(group: Joined, reader: Reader) -> Lowered:
    reads = [reader.read(column, exact=True) for column in group.operands]
    lead = (BATCH,) if group.batched else ()
    parts = [broadcast_to(read, (*lead, len(column.index))) for read, column in zip(reads, group.operands, strict=True)]
    return Lowered(group, concatenate(parts))


# ---- sums


def _sum(group: SumGroup, reader: Reader) -> Lowered:
    terms = [(part.sign, TERMS[type(part)](group, part, reader)) for part in group.parts]
    terms.sort(key=lambda term: term[0] < 0.0)  # so that a sum need not start with a minus
    value = literal(0.0)
    for sign, product in terms:
        value = call("add" if sign > 0.0 else "subtract", value, product)
    if terms[0][0] < 0.0:  # 0 - a is not -a where a is 0
        value = call("negative", value.operands[1]) if len(terms) == 1 else value
    shape = shape_of(group)
    return Lowered(group, reshape(value, shape) if value.shape else broadcast_to(value, shape))


def _entries(group: SumGroup, part: Terms, reader: Reader) -> Array:
    """One term for each member."""
    left = _aligned(group, part.b, reader)
    return left if part.a is None else _product(_aligned(group, part.a, reader), left)


def _product(a: Array, b: Array) -> Array:
    """The product, with what is read as a whole behind: so which factor is a number does not change the order."""
    return call("multiply", b, a) if b.operands and not a.operands else call("multiply", a, b)


def _aligned(group: SumGroup, column: Column, reader: Reader) -> Array:
    """One entry for each member, in rows and columns where the group has rows."""
    if group.rows == 1:
        return reader.read(column)
    read = reader.read(Column(column.group, column.index.reshape(group.rows, group.columns)))
    return reshape(read, (BATCH, 1, 1)) if read.shape == (BATCH, 1) else read


def _lists(group: SumGroup, part: Terms, reader: Reader) -> Array:
    """A list of terms for each member. A few that move on side by side are added as such: u[2:] + u[:-2]."""
    slices = [Column(part.b.group, places) for places in part.b.index.T if is_slice(places)]
    if part.a is None and len(slices) == part.b.index.shape[1] <= MOST_SIDE_BY_SIDE and is_repeated(part.b.index):
        return reduce(partial(call, "add"), [_aligned(group, column, reader) for column in slices])
    columns = [column for column in (part.b, part.a) if column is not None]
    if len(group) == 1:
        columns = [Column(column.group, column.index[0]) for column in columns]
    reads = [reader.read(column, exact=True) for column in columns]
    product = reads[0] if part.a is None else _product(reads[1], reads[0])
    product = total(product, [len(product.shape) - 1])
    lead = product.shape[: BATCH in product.shape]
    rows = (group.rows, group.columns) if group.rows > 1 else (len(group),) if lead or len(group) > 1 else ()
    return reshape(product, (*lead, *rows))


def _matrix(group: SumGroup, part: Terms, reader: Reader) -> Array:
    """Rows times columns."""
    left = reader.read(part.b if group.rows > 1 else Column(part.b.group, part.b.index[0]), exact=True)
    if part.a is None:
        product = total(left, [len(left.shape) - 1])
        return product if len(product.shape) > 1 else reshape(product, ())
    if group.rows == group.columns == 1 and not part.b.group.batched:  # two vectors
        right = reader.read(Column(part.a.group, part.a.index[:, 0]), exact=True)
        return reshape(total(call("multiply", left, right), [0]), ())
    return matmul(left, reader.read(part.a, exact=True))


TERMS: dict[type[Terms], Callable[[SumGroup, Terms, Reader], Array]] = {
    Entries: _entries,
    Lists: _lists,
    Matrix: _matrix,
}


# ---- operations

FUNCTIONS = Functions()


def _operation(group: OperationGroup, reader: Reader) -> Lowered:
    operation = group.operation
    many = [name for name in operation.operand_names if name in operation.many]
    apart = _has_axis_of_operands(group)
    operands = []
    for name, column in zip(operation.operand_names, group.operands, strict=True):
        if name in many and len(group) == 1:
            column = Column(column.group, column.index[0])
        read = reader.read(column, exact=name in many)
        operands.append(reshape(read, (*read.shape, 1)) if apart and name not in many and read.shape else read)
    return operation_lowered(group, operands)


def operation_lowered(group: OperationGroup, operands: Sequence[Array]) -> Lowered:
    """The array of an operation, from its operands."""
    operation = group.operation
    formulas = Formulas(operation, operands, FUNCTIONS)
    value = formulas[operation.trace.result]
    shape = shape_of(group)
    extents = (*shape, 1) if _has_axis_of_operands(group) else shape
    _keep_exponentials(operation, formulas)
    # From here on the result is the node: derivatives mention it by the name of the group's array.
    formulas.known[id(operation.trace.result)] = reshape(variable(group, shape), extents)
    if len(value.shape) <= len(extents):
        value = broadcast_to(value, extents)
    return Lowered(group, reshape(value, shape), operands, formulas, extents)


def _has_axis_of_operands(group: OperationGroup) -> bool:
    """Whether operands are many numbers each: the last axis is then theirs, and the one before it that of members."""
    return bool(group.operation.many) and len(group) > 1


def _keep_exponentials(operation: Operation, formulas: "Formulas") -> None:
    """Makes exp(xᵢ - logsumexp(x)) a share of the sum of exponentials that the forward pass has computed anyway."""
    result = operation.trace.result
    for derivative in operation.trace.derivatives.values():
        exponents = derivative.operands if derivative.operation == "exp" else ()
        if result.operation == "logsumexp" and [each.operation for each in exponents] == ["subtract"]:
            symbol, subtracted = exponents[0].operands
            if subtracted is result and result.operands[0].operands == (symbol,):
                exponentials = formulas[result].operands[1].operands[0]  # of shift + log Σ exp(xᵢ - shift)
                formulas.known[id(derivative)] = call("divide", exponentials.operands[0], exponentials)


LOWERED: Mapping[type[Group], Callable[[Any, Reader], Lowered]] = {
    SumGroup: _sum,
    OperationGroup: _operation,
    Joined: _joined,
    Turn: _turn,
    View: _view,
}
"""What makes the array of a group of each class."""
