"""Reading entries of groups as arrays: whole, or some of them."""

import numpy as np

from micrograd_bp.compiler.arrays.language import (
    BATCH,
    Array,
    Shape,
    broadcast_to,
    call,
    constant,
    literal,
    reshape,
    take,
    variable,
)
from micrograd_bp.compiler.arrays.places import block_of, steps
from micrograd_bp.compiler.arrays.slices import distinct, in_table
from micrograd_bp.compiler.find.groups import HOLE, Column, Constants, Group, Index, Parameters, View


def shape_of(group: Group) -> Shape:
    """The shape of a group's array: (samples, members), (members,), or () for a single number."""
    if isinstance(group, View):
        shape: Shape = group.column.index.shape
        return shape
    if isinstance(group, Parameters):
        return (len(group),)
    if group.batched:
        return (BATCH, len(group))
    return () if len(group) == 1 else (len(group),)


def variable_of(group: Group) -> Array:
    """A group's array in the program."""
    return variable(group, shape_of(group))


class Reader:
    """Reads entries, and makes a group of its own of each view of the parameters: W0 and b0 are such."""

    def __init__(self, constants: Group) -> None:
        self._constants = np.array([float(node.data) for node in constants.members])
        self._views: dict[tuple[Shape, bytes], View] = {}
        self.same: dict[Group, Group] = {}
        """Groups that hold the very numbers of another, as x / 1 does, and stand for it."""

    @property
    def views(self) -> list[View]:
        """The views of the parameters that have been read, in order."""
        return list(self._views.values())

    def original(self, group: Group) -> Group:
        """The group itself, or the one whose numbers it holds."""
        return self.same.get(group, group)

    def _view(self, column: Column, *, exact: bool) -> View:
        """The parameters at an index, as a group."""
        index = column.index
        if not exact and index.ndim == 1 and (index == index[0]).all():
            index = index[0].reshape(())
        key = index.shape, index.tobytes()
        if key not in self._views:
            members = [column.group.members[entry] for entry in index.ravel().tolist() if entry != HOLE]
            self._views[key] = View(members, False, Column(column.group, index))
        return self._views[key]

    def read(self, column: Column, *, exact: bool = False) -> Array:
        """The entries at an index, in its shape, after the axis of samples where there is one.

        Args:
            column: the group, and the index.
            exact: whether the shape must be that; else a single number may stand for equal ones.
        """
        group, index, flat = self.original(column.group), column.index, column.index.ravel()
        repeats = len(flat) > 3 and len(set(flat.tolist())) < len(flat) and not (exact and isinstance(group, Constants))
        kept = distinct(table := in_table(index)) if repeats else index
        if 1 < kept.size < index.size and HOLE not in kept:  # such as each entry several times in a row
            read, lead = self.read(Column(group, kept.ravel()), exact=True), (BATCH,) * group.batched
            row = reshape(read, (*lead, *kept.shape)) if lead or len(kept) > 1 else read
            return reshape(broadcast_to(row, (*lead, *table.shape)), (*lead, *index.shape))
        if isinstance(group, Constants):
            return self._constant(index, exact)
        if isinstance(group, Parameters):
            return variable_of(self._view(column, exact=exact))
        return _entries(group, index, exact)

    def _constant(self, index: Index, exact: bool) -> Array:
        numbers = np.where(index == HOLE, 0.0, self._constants[index])
        bits = numbers.view(np.int64)  # by which nan is itself, and -0.0 is not 0.0
        if exact or (bits != bits.flat[0]).any():
            return constant(numbers)
        return literal(numbers.flat[0])


def _entries(group: Group, index: Index, exact: bool) -> Array:
    whole, flat = variable_of(group), index.ravel()
    lead: Shape = (BATCH,) if group.batched else ()
    if (flat == flat[0]).all():
        is_list = lead or (exact and index.shape == (1,))
        single = whole if len(group) == 1 else take(whole, flat[:1] if is_list else flat[0])
        if not exact or single.shape == (*lead, *index.shape):
            return single
        return reshape(broadcast_to(single, (*lead, len(flat))), (*lead, *index.shape))
    if not whole.shape:  # the only number of its group, in some places
        mask = constant((flat != HOLE).astype(float))
        return reshape(call("where", mask, broadcast_to(whole, flat.shape), literal(0.0)), index.shape)
    if index.ndim == 2 and steps(flat) is None and block_of(index, len(group)) is not None:
        return take(whole, index)
    return reshape(take(whole, flat), (*lead, *index.shape))
