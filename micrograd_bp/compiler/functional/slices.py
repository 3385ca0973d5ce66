"""Parameters at an index, and the way back, without an assignment: slices where that is possible, and else gathers."""

from collections.abc import Sequence

import numpy as np

from micrograd_bp.compiler.blocks import block_of
from micrograd_bp.compiler.expression import (
    Expression,
    Shape,
    broadcast_to,
    call,
    concatenate,
    constant,
    entries,
    literal,
    reshape,
    total,
    transpose,
)
from micrograd_bp.compiler.groups import HOLE, Index


def taken(a: Expression, index: Index) -> Expression:
    """The entries along the last axis that a list of numbers names."""
    first = int(index[0])
    step = int(index[1]) - first if len(index) > 1 else 1
    if step < 1 or (np.diff(index) != step).any():
        return entries(a, index)
    return a if len(index) == a.shape[-1] else entries(a, slice(first, int(index[-1]) + 1, step))


def view(a: Expression, index: Index) -> Expression:
    """The entries of a flat array at an index, in its shape, with 0 where it has a hole."""
    if index.ndim == 0:
        return entries(a, int(index))
    if (index == HOLE).any():
        return call("where", constant((index != HOLE).astype(float)), view(a, np.maximum(index, 0)), literal(0.0))
    if index.ndim == 2:
        block = block_of(index, a.shape[0])
        if block is not None:
            return block.of(a)
        block = block_of(index.T, a.shape[0])
        if block is not None:
            return transpose(block.of(a))
    return reshape(taken(a, index.ravel()), index.shape)


def placed(parts: Sequence[tuple[Expression, Index]], size: int, lead: Shape = ()) -> Expression:
    """Arrays put to places along the last axis; what is put to the same place is added up, and the rest is 0.

    Instead of adding to places one after the other, each place gathers what belongs to it: first those to which nothing
    belongs, then those to which one entry does, and so on. That is as fast on all libraries as a gather is there.

    Args:
        parts: arrays (…, entries), each with the places of its entries.
        size: how many places there are.
        lead: the extents of the axes before the last one.
    """
    index = np.concatenate([places for _, places in parts])
    joined = concatenate([part for part, _ in parts]) if len(parts) > 1 else parts[0][0]
    counts = np.bincount(index, minlength=size)
    entries_by_place = np.argsort(index, kind="stable")
    starts = np.cumsum(counts) - counts
    gathered, places = [], []
    for count in np.unique(counts):
        places.append(np.flatnonzero(counts == count))
        shape = (*lead, len(places[-1]))
        if count == 0:
            gathered.append(broadcast_to(literal(0.0), shape))
            continue
        which = entries_by_place[starts[places[-1]][:, None] + np.arange(count)]
        terms = taken(joined, which.ravel())
        gathered.append(reshape(total(reshape(terms, (*shape, count)), [len(shape)]), shape) if count > 1 else terms)
    together = concatenate(gathered) if len(gathered) > 1 else gathered[0]
    return taken(together, np.argsort(np.concatenate(places)))
