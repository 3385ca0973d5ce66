"""The backward pass: the groups in reverse, each giving its gradient back along what was read for it."""

from collections.abc import Collection
from dataclasses import dataclass

from micrograd_bp.compiler.expression import (
    BATCH,
    Expression,
    Shape,
    broadcast,
    broadcast_to,
    call,
    entries,
    literal,
    matmul,
    outer,
    reduce_to,
    reshape,
    transpose,
)
from micrograd_bp.compiler.forward import Computed, Term
from micrograd_bp.compiler.groups import Group
from micrograd_bp.compiler.reading import Entries, Read, shape_of


@dataclass(slots=True)
class Contribution:
    """What one reader of a group adds to its gradient, at some entries or, for None, at all of them."""

    gradient: Expression
    entries: Entries


class Backward:
    """Collects contributions for each group, and turns them into its gradient when its turn has come."""

    def __init__(self, moving: Collection[Group]) -> None:
        """Gradients are wanted for the groups in `moving` alone."""
        self._moving = moving
        self._contributions: dict[Group, list[Contribution]] = {}

    def give(self, read: Read, gradient: Expression, extents: Shape) -> None:
        """Adds to the gradient of what was read."""
        if read.group in self._moving and not gradient.is_literal(0.0):
            assert read.group is not None
            returned = read.returned(gradient, extents)
            self._contributions.setdefault(read.group, []).append(Contribution(returned, read.entries))

    def wants(self, read: Read | None) -> bool:
        """Whether a gradient is wanted for what was read."""
        return read is not None and read.group in self._moving

    def contributions(self, group: Group) -> list[Contribution]:
        """What has been given to a group."""
        return self._contributions.get(group, [])

    def through(self, computed: Computed, gradient: Expression) -> None:
        """Applies the chain rule to one group, whose gradient is known."""
        if computed.group.kind == "sum":
            for term in computed.terms:
                self._through_term(computed, term, gradient)
        elif computed.group.kind == "joined":
            self._through_joined(computed, gradient)
        elif computed.group.kind == "operation":
            self._through_operation(computed, gradient)

    def _through_joined(self, computed: Computed, gradient: Expression) -> None:
        gradient = broadcast_to(gradient, computed.extents)
        start = 0
        for read, column in zip(computed.reads, computed.group.operands, strict=True):
            stop = start + len(column.index)
            part = entries(gradient, slice(start, stop, 1))
            self.give(read, part, part.shape)
            start = stop

    def _through_operation(self, computed: Computed, gradient: Expression) -> None:
        """Upstream gradient times local derivative, as the rule has it."""
        operation, formulas, extents = computed.group.operation, computed.formulas, computed.extents
        assert operation is not None
        assert formulas is not None
        shape = shape_of(computed.group)
        apart = extents != shape  # the members of the operands that are many numbers have an axis of their own
        if apart:
            gradient = _laid_out(gradient, shape, extents)
        for name, read in zip(operation.operand_names, computed.reads, strict=True):
            if not self.wants(read):
                continue
            local_derivative = formulas[operation.trace.derivatives[name]]
            if local_derivative.is_literal(0.0):
                continue
            contribution = call("multiply", gradient, local_derivative)
            whole = extents
            if name in operation.many:
                whole = broadcast(extents, read.expression.shape)
            elif apart and read.expression.shape:
                contribution = reduce_to(contribution, extents, (*read.expression.shape, 1))
                contribution = _laid_out(contribution, (*read.expression.shape, 1), read.expression.shape)
                whole = read.expression.shape
            self.give(read, contribution, whole)

    def _through_term(self, computed: Computed, term: Term, gradient: Expression) -> None:
        if not (self.wants(term.a) or self.wants(term.b)):
            return
        gradient = _laid_out(gradient, shape_of(computed.group), computed.extents)
        if term.part.sign < 0.0:
            gradient = call("negative", gradient)
        if term.part.kind == "entries":
            self._through_entries(computed, term, gradient)
            return
        shape = term.product.shape
        gradient = reduce_to(gradient, computed.extents, shape)
        if term.part.kind == "lists":
            if len(computed.group) > 1:
                gradient = _laid_out(gradient, shape, (*term.left.shape[:-1], 1))
            self._through_products(term, gradient, broadcast(term.left.shape, gradient.shape))
        elif term.right is None:
            self.give(term.b, gradient, term.left.shape)
        else:
            self._through_matrix(term, broadcast_to(gradient, shape))

    def _through_entries(self, computed: Computed, term: Term, gradient: Expression) -> None:
        """dL/da = dL/dy · b and dL/db = dL/dy · a, entry by entry."""
        for read, own, other in _factors(term):
            if not self.wants(read):
                continue
            shape = broadcast(own.shape, () if other is None else other.shape)
            contribution = reduce_to(gradient, computed.extents, shape)
            if other is not None:
                contribution = call("multiply", contribution, other)
            contribution = reduce_to(contribution, shape, own.shape)
            if own.shape == read.expression.shape:
                self.give(read, contribution, own.shape)
            else:  # read once for all rows or columns
                self.give(read, _laid_out(contribution, own.shape, read.expression.shape), read.expression.shape)

    def _through_products(self, term: Term, gradient: Expression, extents: Shape) -> None:
        """The same for lists of products, which have been summed along the last axis."""
        for read, own, other in _factors(term):
            if self.wants(read):
                whole = extents if other is None else broadcast(extents, own.shape, other.shape)
                self.give(read, gradient if other is None else call("multiply", gradient, other), whole)

    def _through_matrix(self, term: Term, gradient: Expression) -> None:
        """dL/dx = dL/dz · Wᵀ and dL/dW = xᵀ · dL/dz, for z = x·W."""
        left, right = term.left, term.right
        assert term.a is not None
        assert right is not None
        if len(right.shape) == 1:  # a number, of two vectors
            self._through_products(term, gradient, left.shape)
            return
        if len(left.shape) == 1:  # a vector times a matrix
            to_left, to_right = matmul(right, gradient), outer(left, gradient)
        else:
            to_left = matmul(gradient, transpose(right))
            to_right = matmul(transpose(_as_matrix(left)), _as_matrix(gradient))
        if self.wants(term.b):
            self.give(term.b, to_left, to_left.shape)
        if self.wants(term.a):
            self.give(term.a, to_right, to_right.shape)


def _factors(term: Term) -> list[tuple[Read, Expression, Expression | None]]:
    """What was read for each factor, the factor, and what it was multiplied with."""
    if term.a is None or term.right is None:
        return [(term.b, term.left, None)]
    if term.right is term.left or (term.right.detail is term.left.detail is term.b.group):  # the square of an array
        return [(term.b, term.left, call("multiply", literal(2.0), term.left))]
    return [(term.b, term.left, term.right), (term.a, term.right, term.left)]


def _laid_out(a: Expression, shape: Shape, new: Shape) -> Expression:
    """Something that broadcasts to `shape`, in a new shape with as many entries. A number fits into any."""
    return reshape(broadcast_to(a, shape), new) if a.shape and shape != new else a


def _as_matrix(a: Expression) -> Expression:
    """Rows of samples, or of samples and places, for a product that sums over them."""
    return a if len(a.shape) == 2 else reshape(a, (BATCH, a.shape[-1]))
