"""Parameters at an index, and the way back, without an assignment: slices where that is possible, and else gathers."""

from collections.abc import Sequence
from functools import partial, reduce
from itertools import pairwise, takewhile
from typing import NamedTuple

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
    transpose,
)
from micrograd_bp.compiler.arrays.places import in_slices
from micrograd_bp.compiler.find.groups import HOLE, Index


def view(a: Array, index: Index) -> Array:
    """The entries along the last axis at an index, in its shape, with 0 where it has a hole."""
    if (index == HOLE).any():
        return call("where", constant((index != HOLE).astype(float)), view(a, np.maximum(index, 0)), literal(0.0))
    lead, kept = a.shape[:-1], distinct(table := in_table(index))
    if kept.size < table.size:
        sliced = broadcast_to(reshape(view(a, kept.ravel()), (*lead, *kept.shape)), (*lead, *table.shape))
    else:
        sliced = in_slices(a, table if len(table) > 1 else index)
    if sliced.function == "take" and sliced.operands[0] is a and sliced.detail.ndim > 1:
        sliced = take(a, index.ravel())  # libraries take entries by lists
    return reshape(sliced, (*lead, *index.shape))


def in_table(index: Index) -> Index:
    """Places in rows, which end where they go on in other steps; in one row if such rows would not be equally long."""
    places = index.ravel()
    changes = np.flatnonzero((steps := places[1:] - places[:-1])[1:] != steps[:-1])
    columns = int(changes[0]) + 2 if len(changes) else len(places)
    return places.reshape(-1, columns if columns and len(places) % columns == 0 else len(places))


def distinct(table: Index) -> Index:
    """The first row of a table if all are equal, and of that the first column if all are equal."""
    rows = table[:1] if (table == table[:1]).all() else table
    return rows[:, :1] if (rows == rows[:, :1]).all() else rows


ZERO = array("array", (literal(0.0),))
"""A zero that is an array."""

MOST_RUNS, MOST_LAYERS = 2, 8
"""So many pieces each, on average, and layers arrays are put side by side in at most: more are better gathered."""


class Placed(NamedTuple):
    """An array (…, entries), and the places (entries,) along the last axis of another."""

    array: Array
    places: Index

    def in_rows(self, rows: int, length: int) -> "Placed | None":
        """The same with an axis for rows, if all rows of this length have the same places in them; else None."""
        lead, columns = self.array.shape[:-1], self.places.size // rows
        if rows * columns < self.places.size:
            return None
        tables = [(self.places.reshape(rows, columns), reshape(self.array, (*lead, rows, columns)))]
        if not lead:
            tables.append((self.places.reshape(columns, rows).T, transpose(reshape(self.array, (columns, rows)))))
        for table, matrix in tables:
            if table[0].max() < length and (table == table[0] + length * np.arange(rows)[:, None]).all():
                return Placed(matrix, table[0])
        return None


def placed(parts: Sequence[Placed], size: int, lead: Shape = ()) -> Array:
    """Arrays put to places along the last axis; what is put to the same place is added up, and the rest is 0.

    Args:
        parts: the arrays, none of them empty.
        size: how many places there are.
        lead: the extents of the axes before the last one.
    """
    pieces, stretch, stop = list[Array](), list[Placed](), 0
    starts = [int(part.places.min()) for part in parts]
    for start, part in [*sorted(zip(starts, parts, strict=True), key=lambda each: each[0]), (size, None)]:
        if stretch and start >= stop:  # what lies one on the other comes to an end
            first = int(stretch[0].places.min())
            pieces.append(_overlaid([Placed(array, places - first) for array, places in stretch], stop - first, lead))
            stretch = []
        if start > stop:
            pieces.append(broadcast_to(ZERO, (*lead, start - stop)))
        if part is not None:
            stretch.append(part)
            stop = max(stop, int(part.places.max()) + 1)
    return concatenate(pieces) if len(pieces) > 1 else pieces[0]


def _overlaid(parts: Sequence[Placed], size: int, lead: Shape) -> Array:
    """The same for parts that lie one on the other: in rows, in layers of pieces, or gathered."""
    cuts = [[0, *(np.flatnonzero(np.diff(places) != 1) + 1).tolist(), len(places)] for _, places in parts]
    if len(parts) == 1 and len(cuts[0]) == 2:
        return parts[0].array
    tables = [each for _, places in parts for table in [in_table(places)] for each in (table, table.T) if len(each) > 1]
    for rows, length in dict.fromkeys((len(table), int(table[1, 0] - table[0, 0])) for table in tables):
        in_rows = list(takewhile(bool, (part.in_rows(rows, length) for part in parts)))
        if len(in_rows) == len(parts):
            whole = placed([part for part in in_rows if part], length, (*lead, rows))
            return take(reshape(whole, (*lead, rows * length)), np.arange(size))
    if sum(len(each) - 1 for each in cuts) > MOST_RUNS * len(parts):
        return _gathered(parts, size, lead)
    pieces = [
        Placed(take(array, np.arange(*piece)), places[slice(*piece)])
        for (array, places), own in zip(parts, cuts, strict=True)
        for piece in pairwise(own)
    ]
    layers = list[list[Placed]]()
    for piece in sorted(pieces, key=lambda piece: int(piece.places[0])):
        free = [layer for layer in layers if layer[-1].places[-1] < piece.places[0]]
        layer = max(free, key=lambda layer: int(layer[-1].places[-1])) if free else list[Placed]()
        layer.append(piece)
        layers += [] if free else [layer]
        if len(layers) > MOST_LAYERS:
            return _gathered(parts, size, lead)
    return reduce(partial(call, "add"), [placed(layer, size, lead) for layer in layers])


def _gathered(parts: Sequence[Placed], size: int, lead: Shape) -> Array:
    """Each place gathers what belongs to it: first those with nothing, then those with one entry, and so on.

    That is as fast on all libraries as a gather is there.
    """
    index = np.concatenate([places for _, places in parts])
    joined = concatenate([part for part, _ in parts]) if len(parts) > 1 else parts[0].array
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
