"""Parameters at an index, and the way back, without an assignment: slices where that is possible, and else gathers."""

from collections.abc import Sequence

import numpy as np

from micrograd_bp.compiler.arrays.language import (
    Array,
    Shape,
    array,
    broadcast_to,
    call,
    concatenate,
    constant,
    literal,
    reshape,
    take,
    total,
)
from micrograd_bp.compiler.arrays.places import in_slices
from micrograd_bp.compiler.find.groups import HOLE, Index


def view(a: Array, index: Index) -> Array:
    """The entries along the last axis at an index, in its shape, with 0 where it has a hole."""
    if (index == HOLE).any():
        return call("where", constant((index != HOLE).astype(float)), view(a, np.maximum(index, 0)), literal(0.0))
    sliced = in_slices(a, index)
    if sliced.function == "take" and sliced.operands[0] is a and index.ndim > 1:  # libraries take entries by lists
        return reshape(take(a, index.ravel()), (*a.shape[:-1], *index.shape))
    return sliced


ZERO = array("array", (literal(0.0),))
"""A zero that is an array."""


def placed(parts: Sequence[tuple[Array, Index]], size: int, lead: Shape = ()) -> Array:
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
            gathered.append(broadcast_to(ZERO, shape))
            continue
        which = entries_by_place[starts[places[-1]][:, None] + np.arange(count)]
        terms = take(joined, which.ravel())
        gathered.append(reshape(total(reshape(terms, (*shape, count)), [len(shape)]), shape) if count > 1 else terms)
    together = concatenate(gathered) if len(gathered) > 1 else gathered[0]
    return take(together, np.argsort(np.concatenate(places)))
