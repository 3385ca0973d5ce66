"""The forward pass: what the array of each group is computed from.

What was read on the way is kept, since the backward pass gives gradients back along the same ways.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from micrograd_bp.compiler.expression import (
    BATCH,
    Expression,
    Shape,
    broadcast_to,
    call,
    concatenate,
    literal,
    matmul,
    reshape,
    total,
    variable,
)
from micrograd_bp.compiler.groups import Column, Group, Part
from micrograd_bp.compiler.reading import Read, Reader, shape_of
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.floats import is_primitive
from micrograd_bp.engine.numbers.formulas import OPERATORS, Formula
from micrograd_bp.engine.operation import Operation
from micrograd_bp.engine.table import OPERATIONS, bind


@dataclass(slots=True)
class Term:
    """A part of a sum as it was computed: its `product`, the factors in it, and what was read for them.

    `left` is the factor that was read as `b`, `right` the one read as `a`. They may be laid out otherwise than read.
    """

    part: Part
    b: Read
    left: Expression
    product: Expression
    a: Read | None = None
    right: Expression | None = None


@dataclass(slots=True)
class Computed:
    """How a group is computed.

    Attributes:
        group: the group.
        value: its array.
        extents: the shape that the parts have together, before a last reshape to that of the group.
        terms: the parts of a sum.
        reads: the operands of an operation, in order.
        formulas: of an operation, what each formula of its trace has become.
    """

    group: Group
    value: Expression
    extents: Shape
    terms: list[Term] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    formulas: "Formulas | None" = None

    @property
    def stands_for(self) -> Group | None:
        """The group whose numbers these are, as in x / 1, where the gradient too goes there as it is; else None."""
        original, operation = self.value.detail, self.group.operation
        if self.value.function != "variable" or not isinstance(original, Group):
            return None
        if operation is None or self.formulas is None:
            return original
        slopes = [self.formulas[operation.trace.derivatives[name]] for name in operation.operand_names]
        passed_on = [
            (read.group, slope.is_literal(1.0))
            for read, slope in zip(self.reads, slopes, strict=True)
            if read.group is not None and not slope.is_literal(0.0)
        ]
        return original if passed_on == [(original, True)] else None

    def all_reads(self) -> list[Read]:
        """All that was read for it."""
        return [*self.reads, *(read for term in self.terms for read in (term.b, term.a) if read is not None)]


def computed(group: Group, reader: Reader) -> Computed:
    """The array of a group, from those it is made of."""
    return {"sum": _sum, "operation": _operation, "joined": _joined, "view": _view}[group.kind](group, reader)


def _view(group: Group, reader: Reader) -> Computed:
    shape = shape_of(group)
    (column,) = group.operands
    return Computed(
        group, Expression("view", (variable("parameters", (len(column.group),)),), shape, column.index), shape
    )


def _joined(group: Group, reader: Reader) -> Computed:
    reads = [reader.read(column, exact=True) for column in group.operands]
    lead = (BATCH,) if group.batched else ()
    parts = [
        broadcast_to(read.expression, (*lead, len(column.index)))
        for read, column in zip(reads, group.operands, strict=True)
    ]
    return Computed(group, concatenate(parts), shape_of(group), reads=reads)


# ---- sums


def _sum(group: Group, reader: Reader) -> Computed:
    terms = [TERMS[part.kind](group, part, reader) for part in group.parts]
    terms.sort(key=lambda term: term.part.sign < 0.0)  # so that a sum need not start with a minus
    value = literal(0.0)
    for term in terms:
        value = call("add" if term.part.sign > 0.0 else "subtract", value, term.product)
    if terms[0].part.sign < 0.0:  # 0 - a is not -a where a is 0
        value = call("negative", value.operands[1]) if len(terms) == 1 else value
    return Computed(group, reshape(value, shape_of(group)), grid(group), terms)


def grid(group: Group) -> Shape:
    """The shape in which the parts of a sum are added: that of the group, in rows and columns if there are rows."""
    lead = (BATCH,) if group.batched else ()
    return (*lead, group.rows, group.columns) if group.rows > 1 else shape_of(group)


def _entries(group: Group, part: Part, reader: Reader) -> Term:
    """One term for each member."""
    b, left = _aligned(group, part.b, reader)
    if part.a is None:
        return Term(part, b, left, left)
    if part.a.group is part.b.group and (part.a.index == part.b.index).all():
        return Term(part, b, left, call("multiply", left, left), b, left)
    a, right = _aligned(group, part.a, reader)
    return Term(part, b, left, call("multiply", right, left), a, right)


def _aligned(group: Group, column: Column, reader: Reader) -> tuple[Read, Expression]:
    """One entry for each member, in rows and columns where the group has rows; equal rows or columns are read once."""
    if group.rows == 1:
        read = reader.read(column)
        return read, read.expression
    index = column.index.reshape(group.rows, group.columns)
    lead = (BATCH,) if column.group.batched else ()
    if (index == index[0, 0]).all():
        read, shape = reader.read(Column(column.group, index[0, :1])), (*lead, 1, 1) if lead else ()
    elif (index == index[0]).all():
        read, shape = reader.read(Column(column.group, index[0])), (*lead, 1, group.columns)
    elif (index[:, 0] == index.T).all():
        read, shape = reader.read(Column(column.group, index[:, 0])), (*lead, group.rows, 1)
    else:
        read, shape = reader.read(Column(column.group, index)), (*lead, group.rows, group.columns)
    # A literal, or a parameter that all share, fits anywhere.
    return read, reshape(read.expression, shape) if read.expression.shape else read.expression


def _lists(group: Group, part: Part, reader: Reader) -> Term:
    """A list of terms for each member."""
    if len(group) == 1:
        columns = [Column(each.group, each.index[0]) for each in (part.b, part.a) if each is not None]
    else:
        columns = [each for each in (part.b, part.a) if each is not None]
    b, *rest = [reader.read(column, exact=True) for column in columns]
    left = right = b.expression
    a = rest[0] if rest else None
    product = left
    if a is not None:
        same = a.expression.function == b.expression.function == "variable" and a.group is b.group
        right = left if same else a.expression
        product = call("multiply", right, left)
    product = total(product, [len(product.shape) - 1])
    lead = product.shape[: len(product.shape) - (1 if len(group) == 1 else 2)]
    if len(group) > 1:
        shape: Shape = (*lead, group.rows, group.columns) if group.rows > 1 else (*lead, len(group))
    else:
        shape = (*lead, 1) if lead else ()
    return Term(part, b, left, reshape(product, shape), a, right if a is not None else None)


def _matrix(group: Group, part: Part, reader: Reader) -> Term:
    """Rows times columns."""
    rows = part.b if group.rows > 1 else Column(part.b.group, part.b.index[0])
    b = reader.read(rows, exact=True)
    left = b.expression
    if part.a is None:
        product = total(left, [len(left.shape) - 1])
        return Term(part, b, left, product if len(product.shape) > 1 else reshape(product, ()))
    if group.rows == group.columns == 1 and not part.b.group.batched:  # two vectors
        a = reader.read(Column(part.a.group, part.a.index[:, 0]), exact=True)
        return Term(part, b, left, reshape(total(call("multiply", left, a.expression), [0]), ()), a, a.expression)
    a = reader.read(part.a, exact=True)
    return Term(part, b, left, matmul(left, a.expression), a, a.expression)


TERMS = {"entries": _entries, "lists": _lists, "matrix": _matrix}


# ---- operations


def _operation(group: Group, reader: Reader) -> Computed:
    operation = group.operation
    assert operation is not None
    many = [name for name in operation.operand_names if name in operation.many]
    columns = dict(zip(operation.operand_names, group.operands, strict=True))
    # With operands that are many numbers each, the last axis is theirs, and the one before it that of the members.
    apart = bool(many) and len(group) > 1
    reads, operands = [], []
    for name, column in columns.items():
        if name in many and len(group) == 1:
            column = Column(column.group, column.index[0])
        read = reader.read(column, exact=name in many)
        reads.append(read)
        expression = read.expression
        if apart and name not in many and expression.shape:
            expression = reshape(expression, (*expression.shape, 1))
        operands.append(expression)
    formulas = Formulas(operation, operands)
    value = formulas[operation.trace.result]
    extents = (*shape_of(group), 1) if apart else shape_of(group)
    _keep_exponentials(operation, formulas)
    # From here on the result is the node: derivatives mention it by the name of the group's array.
    formulas.known[id(operation.trace.result)] = reshape(variable(group, shape_of(group)), extents)
    if len(value.shape) <= len(extents):
        value = broadcast_to(value, extents)
    return Computed(group, reshape(value, shape_of(group)), extents, reads=reads, formulas=formulas)


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


class Formulas:
    """Formulas of a trace as expressions, each made once."""

    def __init__(self, operation: Operation, operands: Sequence[Expression]) -> None:
        """Starts from the operation's operands and constants."""
        trace = operation.trace
        self.known: dict[int, Any] = {
            id(symbol): operand for symbol, operand in zip(trace.symbols.values(), operands, strict=True)
        }
        for name, symbol in trace.constants.items():  # those that were left at what they are by default
            self.known[id(symbol)] = literal(operation.constants[name])

    def __getitem__(self, formula: Formula) -> Expression:
        """The expression of a formula."""
        for node in topological_order(formula, leave_out=self.known):
            if node.operation is None:
                assert node.value is not None
                self.known[id(node)] = literal(node.value)
                continue
            operands = [self.known[id(operand)] for operand in node.operands]
            if node.operation == "members":
                self.known[id(node)] = operands[0] if node.operands[0].indexed else operands
            else:
                self.known[id(node)] = getattr(functions, node.operation)(*operands)
        found: Expression = self.known[id(formula)]
        return found


class Functions:
    """Every operation of the table, on expressions; the members of a group lie along the last axis."""

    def __getattr__(self, name: str) -> Callable[..., Expression]:
        if name in OPERATORS or is_primitive(name):
            return lambda *operands: call(name, *operands)

        def traced(*operands: Expression) -> Expression:
            operation = bind(OPERATIONS[name], {}, len(operands))
            return Formulas(operation, operands)[operation.trace.result]

        return traced

    def sum(self, x: Any) -> Expression:
        """Σ xᵢ."""
        if isinstance(x, Expression):
            return total(x, [len(x.shape) - 1])
        added: Expression = reduce(lambda a, b: call("add", a, b), x)
        return added

    def dot(self, w: Any, x: Any) -> Expression:
        """Σ wᵢxᵢ."""
        if isinstance(w, Expression) and isinstance(x, Expression):
            return self.sum(call("multiply", w, x))
        return self.sum([call("multiply", a, b) for a, b in zip(w, x, strict=True)])

    def logsumexp(self, x: Any) -> Expression:
        """The logarithm of Σ exp(xᵢ), with the largest xᵢ subtracted first, so that nothing overflows."""
        terms: Any
        if isinstance(x, Expression):
            shift = call("finite", total(x, [len(x.shape) - 1], "max"))  # since inf - inf would be nan
            terms = call("exp", call("subtract", x, shift))
        else:
            shift = call("finite", reduce(lambda a, b: call("maximum", a, b), x))
            terms = [call("exp", call("subtract", each, shift)) for each in x]
        return call("add", shift, call("log", self.sum(terms)))


functions = Functions()
