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
class Terms:
    """One kind of terms of a group of sums: sign · a · b, or sign · b where there is no `a`.

    The members of the group stand in rows and columns.
    """

    sign: float
    a: Column | None
    b: Column


class Entries(Terms):
    """One term for each member; both indices are (members,)."""


class Lists(Terms):
    """A list of terms for each member; both indices are (members, terms)."""


class Matrix(Terms):
    """Row r of `b` (rows, terms) times column c of `a` (terms, columns) makes member (r, c)."""


@dataclass(eq=False, slots=True)
class Group:
    """Entries of one array.

    Attributes:
        members: the node of each entry; the first one of nodes that compute the very same.
        batched: whether the entries differ from sample to sample.
        name, gradient_name: what it and its gradient are called in the program.
        number: sorts groups by when they were made.
    """

    members: list[Value]
    batched: bool
    name: str = field(default="", kw_only=True)
    gradient_name: str = field(default="", kw_only=True)
    number: int = field(default_factory=count().__next__, kw_only=True)

    def __len__(self) -> int:
        return len(self.members)

    @property
    def sources(self) -> list["Group"]:
        """The groups it is computed from."""
        return []

    @property
    def is_constant(self) -> bool:
        """Whether it holds numbers of the graph."""
        return False


class Parameters(Group):
    """Those of the program."""


class Input(Group):
    """Leaves that differ from sample to sample."""


class Constants(Group):
    """Numbers that the graph holds."""

    @property
    def is_constant(self) -> bool:
        """Whether it holds numbers of the graph."""
        return True


@dataclass(eq=False, slots=True)
class View(Group):
    """Parameters at an index, in its shape."""

    column: Column


@dataclass(eq=False, slots=True)
class Turn(Group):
    """Leaves that one round of a loop reads, and the next one others: numbers, or those of an input.

    Attributes:
        source: the input.
        rows: for each round where they are in the input; without one, the numbers.
        turn: the number of the round.
    """

    source: Group | None
    rows: np.ndarray[Any, Any]
    turn: int

    @property
    def sources(self) -> list[Group]:
        """The groups it is computed from."""
        return [] if self.source is None else [self.source]

    @property
    def is_constant(self) -> bool:
        """Whether it holds numbers of the graph."""
        return self.source is None


@dataclass(eq=False, slots=True)
class Joined(Group):
    """Entries of several groups, the `operands`, side by side."""

    operands: list[Column]

    @property
    def sources(self) -> list[Group]:
        """The groups it is computed from."""
        return [column.group for column in self.operands]


@dataclass(eq=False, slots=True)
class OperationGroup(Joined):
    """Nodes of one `operation`; the index of an operand is (members,), or (members, terms) where it is many numbers."""

    operation: Operation


@dataclass(eq=False, slots=True)
class SumGroup(Group):
    """Sums of products.

    Attributes:
        parts: their terms.
        rows, columns: how the members are laid out, row by row.
    """

    parts: list[Terms]
    rows: int = 1
    columns: int = 1

    @property
    def sources(self) -> list[Group]:
        """The groups it is computed from."""
        return [column.group for part in self.parts for column in (part.a, part.b) if column is not None]


Entry = tuple[Group, int]
"""The group of a node, and its position in there."""
