"""Reading entries of groups as arrays: whole, as a slice, and only if nothing else fits through an index.

A `Read` also knows the way back: `returned` brings the gradient of what was read into the shape of the group's.
"""

from dataclasses import dataclass

import numpy as np

from micrograd_bp.compiler.blocks import Block, block_of
from micrograd_bp.compiler.expression import (
    BATCH,
    Expression,
    Shape,
    broadcast_to,
    call,
    constant,
    entries,
    literal,
    reduce_to,
    reshape,
    variable,
)
from micrograd_bp.compiler.groups import HOLE, Column, Group, Index

Entries = slice | int | Index | Block | None
"""Which entries along the last axis were read; None for all, in order."""


def shape_of(group: Group) -> Shape:
    """The shape of a group's array: (samples, members), (members,), or () for a single number."""
    if group.kind == "view":
        shape: Shape = group.operands[0].index.shape
        return shape
    if group.kind == "parameters":
        return (len(group),)
    if group.batched:
        return (BATCH, len(group))
    return () if len(group) == 1 else (len(group),)


def variable_of(group: Group) -> Expression:
    """A group's array in the program."""
    return variable(group, shape_of(group))


@dataclass(slots=True)
class Read:
    """Entries of a group.

    Attributes:
        expression: the array.
        group: where the entries are from; None for constants, which have no gradient.
        entries: which of them.
        raw: the shape in which they are taken out, before a reshape.
        kept: of the entries in `raw`, those that are no holes; None if there are no holes.
        repeated: the shape of a single entry that is repeated to `raw`; None if nothing is.
    """

    expression: Expression
    group: Group | None = None
    entries: Entries = None
    raw: Shape = ()
    kept: Index | None = None
    repeated: Shape | None = None

    def returned(self, gradient: Expression, extents: Shape) -> Expression:
        """The gradient of the entries.

        Args:
            gradient: that of a result, along what was read; it counts as repeated to `extents`.
            extents: the shape of the result.
        """
        gradient = reduce_to(gradient, extents, self.expression.shape)
        if self.expression.shape != self.raw:
            gradient = reshape(broadcast_to(gradient, self.expression.shape), self.raw)
        if self.kept is not None:
            gradient = entries(broadcast_to(gradient, self.raw), self.kept)
        if self.repeated is not None:
            gradient = reduce_to(gradient, gradient.shape if self.kept is not None else self.raw, self.repeated)
        return gradient


class Reader:
    """Reads entries, and makes a group of its own of each view of the parameters: W0 and b0 are such."""

    def __init__(self, constants: Group) -> None:
        self._constants = np.array([float(node.data) for node in constants.members])
        self._views: dict[tuple[Shape, bytes], Group] = {}
        self.same: dict[Group, Group] = {}
        """Groups that hold the very numbers of another, as x / 1 does, and stand for it."""

    @property
    def views(self) -> list[Group]:
        """The views of the parameters that have been read, in order."""
        return list(self._views.values())

    def original(self, group: Group) -> Group:
        """The group itself, or the one whose numbers it holds."""
        return self.same.get(group, group)

    def view(self, column: Column, *, exact: bool = False) -> Group:
        """The parameters at an index, as a group."""
        index = column.index
        if not exact and index.ndim == 1 and (index == index[0]).all():
            index = index[0].reshape(())
        key = index.shape, index.tobytes()
        if key not in self._views:
            members = [column.group.members[entry] for entry in index.ravel() if entry != HOLE]
            self._views[key] = Group("view", members, batched=False, operands=[Column(column.group, index)])
        return self._views[key]

    def read(self, column: Column, *, exact: bool = False) -> Read:
        """The entries at an index, in its shape, after the axis of samples where there is one.

        Args:
            column: the group, and the index.
            exact: whether the shape must be that; else a single number may stand for equal ones.
        """
        group, index = self.original(column.group), column.index
        if group.kind == "constants":
            return Read(self._constant(index, exact))
        if group.kind == "parameters":
            view = self.view(column, exact=exact)
            return Read(variable_of(view), view, None, shape_of(view))
        return _read(group, index, exact)

    def _constant(self, index: Index, exact: bool) -> Expression:
        numbers = np.where(index == HOLE, 0.0, self._constants[index])
        if exact or (numbers != numbers.flat[0]).any():  # nan differs from itself, and is written as a constant
            return constant(numbers)
        return literal(numbers.flat[0])


def _read(group: Group, index: Index, exact: bool) -> Read:
    whole = variable_of(group)
    lead = (BATCH,) if group.batched else ()
    flat, kept = index.ravel(), None
    if (flat == HOLE).any():
        kept = np.flatnonzero(flat != HOLE)
        flat = np.where(flat == HOLE, 0, flat)
    count = len(flat)
    if kept is None and (flat == flat[0]).all():
        single: slice | int | None = (
            None if len(group) == 1 else slice(int(flat[0]), int(flat[0]) + 1) if lead else int(flat[0])
        )
        taken = whole if single is None else entries(whole, single)
        if not exact or taken.shape == (*lead, *index.shape):
            return Read(taken, group, single, taken.shape)
        raw = (*lead, count)
        repeated = reshape(broadcast_to(taken, raw), (*lead, *index.shape))
        return Read(repeated, group, single, raw, repeated=taken.shape)
    which = _slice_of(flat, len(group)) if kept is None else flat
    if kept is None and index.ndim == 2 and isinstance(which, np.ndarray):
        block = block_of(index, len(group))
        if block is not None:
            taken = block.of(whole)
            return Read(taken, group, block, taken.shape)
    is_lone = not whole.shape  # the only number of its group, in some places
    if is_lone:
        taken = broadcast_to(whole, (count,))
    elif which is None:
        taken = whole
    else:
        taken = entries(whole, which)
    raw = taken.shape
    if kept is not None:
        mask = np.zeros(count)
        mask[kept] = 1.0
        taken = call("where", constant(mask), taken, literal(0.0))
        which = None if is_lone else flat[kept]
    return Read(reshape(taken, (*lead, *index.shape)), group, which, raw, kept, () if is_lone else None)


def _slice_of(index: Index, size: int) -> "slice | Index | None":
    """The index as a slice, or None for the whole, where it is one."""
    first, step = int(index[0]), int(index[1] - index[0])
    if step < 1 or (np.diff(index) != step).any():
        return index
    if len(index) == size:
        return None
    return slice(first, int(index[-1]) + 1, step)


def is_repeated(which: Entries) -> bool:
    """Whether an index names an entry more than once, so that its gradients add up."""
    return isinstance(which, np.ndarray) and len(np.unique(which)) < len(which)
