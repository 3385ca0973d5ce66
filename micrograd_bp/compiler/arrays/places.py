"""Places: entries of an array without an index, as slices, and of a flat array as blocks of matrices."""

from typing import NamedTuple

import numpy as np

from micrograd_bp.compiler.arrays.language import Array, reshape, take, transpose
from micrograd_bp.compiler.find.groups import HOLE, Index


class Block(NamedTuple):
    """Some columns of the rows into which a part of a flat array is cut.

    Attributes:
        start: where the first row begins.
        rows: how many there are.
        length: how many entries a row has.
        first: the first column.
        columns: how many of them.
    """

    start: int
    rows: int
    length: int
    first: int
    columns: int

    @property
    def places(self) -> Index:
        """Where the entries are in the flat array, row by row."""
        begin = self.start + self.first
        return (begin + np.add.outer(self.length * np.arange(self.rows), np.arange(self.columns))).ravel()


def block_of(index: Index, size: int) -> Block | None:
    """The block that an index (rows, columns) into an array of some size makes; None where it makes none."""
    rows, columns = index.shape
    start = int(index[0, 0])
    length = int(index[1, 0]) - start if rows > 1 else columns
    first = max(0, start + rows * length - size)  # the rows end with the array at the latest
    if length < columns or first > start or first + columns > length:
        return None
    block = Block(start - first, rows, length, first, columns)
    return block if np.array_equal(index.ravel(), block.places) else None


def steps(index: Index) -> slice | None:
    """A list of places as a slice; None where it is none."""
    first = int(index[0])
    step = int(index[1]) - first if len(index) > 1 else 1
    if first == HOLE or step < 1 or (np.diff(index) != step).any():
        return None
    return slice(first, int(index[-1]) + 1, step)


def is_repeated(index: Index) -> bool:
    """Whether an entry is named more than once, so that what comes to it adds up."""
    kept = np.sort(index[index != HOLE])  # np.unique would load numpy.ma, which takes longer than a small program
    return bool((kept[1:] == kept[:-1]).any())


def cuts_up(block: Block, size: int) -> bool:
    """Whether the rows make up all of an array of that size, so that the block is a view, to which one may add."""
    return block.start == 0 and block.rows * block.length == size


def in_slices(a: Array, index: Index) -> Array:
    """What `take` gives, by way of slices where that is possible: a matrix may be cut out of a flat array."""
    size = a.shape[-1]
    if index.ndim != 2 or (index == HOLE).any():
        return take(a, index)
    block = block_of(index, size)
    if block is not None:
        part = a if cuts_up(block, size) else take(a, np.arange(block.start, block.start + block.rows * block.length))
        matrix = reshape(part, (*a.shape[:-1], block.rows, block.length))
        return take(matrix, np.arange(block.first, block.first + block.columns))
    is_transposed = len(a.shape) == 1 and block_of(index.T, size) is not None
    return transpose(in_slices(a, index.T)) if is_transposed else take(a, index)


def is_slice(index: Index) -> bool:
    """Whether it names one entry, or a slice."""
    return index.ndim == 0 or (index.ndim == 1 and steps(index) is not None)
