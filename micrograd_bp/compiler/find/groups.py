"""What the compiler makes of nodes: groups of those that compute alike, each the entries of one array."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from micrograd_bp.engine import Value
from micrograd_bp.engine.operation import Operation

Index = np.ndarray[Any, np.dtype[np.int64]]

HOLE = -1
"""In an index: no entry, for a weight that is not there."""


@dataclass(eq=False, slots=True)
class Column:
    """What one operand of all the members of a group is: entries of another group."""

    group: "Group"
    index: Index


@dataclass(eq=False, slots=True)
class Part:
    """One kind of terms of a group of sums: sign · a · b, or sign · b where there is no `a`.

    `kind` says how the indices are laid out, for a group whose members stand in `rows` × `columns`:
        "entries": one term for each member; both indices are (members,).
        "lists": a list of terms for each member; both indices are (members, terms).
        "matrix": row r of `b` (rows, terms) times column c of `a` (terms, columns) makes member (r, c).
    """

    kind: str
    sign: float
    a: Column | None
    b: Column


@dataclass(eq=False, slots=True)
class Group:
    """Entries of one array.

    Attributes:
        kind: "parameters", "input", "constants", "operation", "sum", or "joined" for entries of several groups.
        members: the node of each entry; the first one of nodes that compute the very same.
        batched: whether the entries differ from sample to sample.
        operation: that of an "operation".
        operands: its operands; the index is (members,), or (members, terms) for an operand that is many numbers.
            For a "joined" group, what stands side by side in it.
        parts: the terms of a "sum".
        rows, columns: how the members of a "sum" are laid out, row by row.
        name, gradient_name: what it and its gradient are called in the program.
        number: sorts groups by when they were made.
    """

    kind: str
    members: list[Value]
    batched: bool
    operation: Operation | None = None
    operands: list[Column] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    rows: int = 1
    columns: int = 1
    name: str = ""
    gradient_name: str = ""
    number: int = field(default_factory=count().__next__)

    def __len__(self) -> int:
        return len(self.members)

    @property
    def sources(self) -> list["Group"]:
        """The groups it is computed from."""
        columns = [*self.operands, *(column for part in self.parts for column in (part.a, part.b) if column)]
        return [column.group for column in columns]


Entry = tuple[Group, int]
"""The group of a node, and its position in there."""
