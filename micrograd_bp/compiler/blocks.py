"""Blocks of matrices: where the entries of a flat array can be had as a slice, without an index."""

from typing import NamedTuple

import numpy as np

from micrograd_bp.compiler.expression import Expression, Shape, broadcast_to, entries, reshape
from micrograd_bp.compiler.groups import Index


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

    def cuts_up(self, size: int) -> bool:
        """Whether the rows make up all of an array of that size, so that the block is a view, to which one may add."""
        return self.start == 0 and self.rows * self.length == size

    def of(self, a: Expression) -> Expression:
        """The block of an array (…, entries), in its shape (…, rows, columns)."""
        *lead, size = a.shape
        part = a if self.cuts_up(size) else entries(a, slice(self.start, self.start + self.rows * self.length))
        matrix = reshape(part, (*lead, self.rows, self.length))
        whole = self.columns == self.length
        return matrix if whole else entries(matrix, slice(self.first, self.first + self.columns))

    def flat(self, a: Expression, lead: Shape) -> Expression:
        """What broadcasts to the block, behind the axes `lead`, with its entries in the order of `places`."""
        return reshape(broadcast_to(a, (*lead, self.rows, self.columns)), (*lead, self.rows * self.columns))


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
