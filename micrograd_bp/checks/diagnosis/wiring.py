"""A graph of scalars as arrays of edges, on which many backward passes with one thing changed run at once.

Nodes made by the same operation on the same line from operands of the same places belong together, over all entries and
time steps: a *group*. So does what leads from one group to another. That is how one thing is changed everywhere
on one line of somebody's code.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.checks.claims import OnValues
from micrograd_bp.engine import Value, topological_order

Array = NDArray[np.float64]
Places = NDArray[np.intp]


class Source(NamedTuple):
    """Where values come from: a line and an operation of somebody's code, or one of the arrays that went in.

    Attributes:
        file: of the line; "" for an array that went in.
        line: its number.
        name: of the operation, or of the array.
    """

    file: str
    line: int
    name: str


class Group(NamedTuple):
    """Nodes that belong together: their source, and the sources of their operands."""

    source: Source
    operands: tuple[Source, ...] = ()


class Change(NamedTuple):
    """One thing done differently in a backward pass.

    Attributes:
        edges: where.
        slopes: the derivatives there.
        nodes: that receive something from elsewhere besides.
        received: what they receive.
    """

    edges: Places
    slopes: Array
    nodes: Places = np.empty(0, dtype=int)
    received: Array = np.empty(0)


CONSTANT = Source("", 0, "constant")


class Wiring:
    """Edges from results to operands, in the order in which a backward pass takes them.

    Attributes:
        nodes: all that depend on a leaf, operands before results; chains of sums on one line are one node.
        group: of each node.
        parent: of each edge, the place of the result in `nodes`.
        child: of each edge, the place of the operand.
        slope: of each edge, d(result)/d(operand).
        leaves: for each array that went in, the places of its entries.
    """

    def __init__(self, values: OnValues, upstream: Sequence[Array]) -> None:
        self.leaves_of = {leaf: name for name, array in values.leaves.items() for leaf in array.flat}
        ends = [node for nodes in values.outputs for node in nodes.flat]
        order = topological_order(*ends)
        alive: set[Value] = set(self.leaves_of)
        users: dict[Value, list[Value]] = {}
        for node in order:
            if any(operand in alive for operand in node.operands):
                alive.add(node)
                for operand in dict.fromkeys(node.operands):
                    users.setdefault(operand, []).append(node)
        self.all_alive = alive
        marked = set(ends)
        inner = {
            node
            for node in order
            if node in alive
            and node not in marked
            and _adds(node)
            and len(users.get(node, ())) == 1
            and _adds(users[node][0])
            and _line(users[node][0]) == _line(node)
            and users[node][0].operands.count(node) == 1
        }
        for leaf in self.leaves_of:
            if leaf not in marked and leaf not in users:
                order.insert(0, leaf)
        self.nodes = [node for node in order if node in alive and node not in inner]
        # An entry that comes out as it went in, or more than once, is used by the output each time.
        twice = {end for end, count in Counter(ends).items() if count > 1}
        for number, end in enumerate(ends):
            if end in alive and (end in twice or end in self.leaves_of):
                ends[number] = Value(end.data)
                ends[number].operands, ends[number].local_derivatives = (end,), (1.0,)
                self.nodes.append(ends[number])
        place = self.place = {node: number for number, node in enumerate(self.nodes)}
        self.operands: list[list[tuple[Value, float]]] = []
        self.group: list[Group] = []
        parents, children, slopes, depth = [], [], [], np.zeros(len(self.nodes), dtype=int)
        for number, node in enumerate(self.nodes):
            operands = self._operands(node, inner)
            self.operands.append(operands)
            sources = [self.source(operand) if operand in alive else CONSTANT for operand, _ in operands]
            if _adds(node):
                sources = sorted(set(sources))
            self.group.append(Group(self.source(node), tuple(sources)))
            for operand, slope in operands:
                if operand in alive:
                    parents.append(number)
                    children.append(place[operand])
                    slopes.append(slope)
                    depth[number] = max(depth[number], depth[place[operand]] + 1)
        self.leaves = {
            name: np.array([place[leaf] for leaf in array.flat], dtype=int) for name, array in values.leaves.items()
        }
        self.shapes = {name: array.shape for name, array in values.leaves.items()}
        self.outputs = [
            np.array([place[end] for end in ends[start : start + nodes.size] if end in place], dtype=int)
            for start, nodes in zip(np.cumsum([0, *(n.size for n in values.outputs)]), values.outputs, strict=False)
        ]
        self.seed = np.zeros(len(self.nodes))
        for end, number_ in zip(ends, np.concatenate([u.ravel() for u in upstream]), strict=True):
            if end in place:
                self.seed[place[end]] += number_
        self.depth = depth
        # Of what is computed from inputs alone, such as x·W in a loop over time, the user tells the time.
        first_user = np.full(len(self.nodes), np.iinfo(int).max)
        np.minimum.at(first_user, children, depth[parents] - 1) if parents else None
        self.time = np.where(first_user == np.iinfo(int).max, depth, np.maximum(depth, first_user))
        self.data = np.array([node.data for node in self.nodes])
        numbered: dict[Source, list[int]] = {}
        for number, group in enumerate(self.group):
            numbered.setdefault(group.source, []).append(number)
        self.members = {source: np.array(places) for source, places in numbered.items()}
        for name, places in self.leaves.items():
            self.members[Source("", 0, name)] = places
        self._lay_out(np.array(parents, dtype=int), np.array(children, dtype=int), np.array(slopes), 0)

    def _operands(self, node: Value, inner: set[Value]) -> list[tuple[Value, float]]:
        found: list[tuple[Value, float]] = []
        stack = (
            list(zip(node.operands, node.local_derivatives, strict=True))[::-1] if node not in self.leaves_of else []
        )
        while stack:
            operand, slope = stack.pop()
            if operand in inner:
                stack += [
                    (each, slope * d) for each, d in zip(operand.operands, operand.local_derivatives, strict=True)
                ][::-1]
            else:
                found.append((operand, slope))
        return found

    def source(self, node: Value) -> Source:
        """Where a node comes from."""
        if node in self.leaves_of:
            return Source("", 0, self.leaves_of[node])
        if node.operation is None and node.operands:
            return Source("", 0, "the output")
        file, line = _line(node)
        return Source(file, line, node.operation.name if node.operation else "constant")

    def _lay_out(self, parents: Places, children: Places, slopes: Array, n_added: int) -> None:
        order = np.lexsort((children, -self.depth[parents]))
        self.parent, self.child, self.slope = parents[order], children[order], slopes[order]
        self.added = order >= len(parents) - n_added
        starts = np.flatnonzero(np.diff(self.depth[self.parent], prepend=-1))
        self.levels = []
        for start, end in zip(starts, [*starts[1:], len(self.parent)], strict=True):
            first = np.flatnonzero(np.diff(self.child[start:end], prepend=-1))
            self.levels.append((int(start), int(end), first, self.child[start:end][first]))

    def extended(self, parents: Places, children: Places) -> "Wiring":
        """The same with further edges, whose derivatives are 0: ways that a wrong backward may take."""
        made = object.__new__(Wiring)
        made.__dict__.update(self.__dict__)
        made._lay_out(
            np.concatenate([self.parent, parents]),
            np.concatenate([self.child, children]),
            np.concatenate([self.slope, np.zeros(len(parents))]),
            len(parents),
        )
        return made

    def straight_edges(self, tops: Places, bases: Places) -> tuple[Places, Places]:
        """The added edges from `tops` to `bases`, and all others that leave `tops`."""
        pairs = {(int(top), int(base)) for top, base in zip(tops, bases, strict=True)}
        leaving = np.flatnonzero(np.isin(self.parent, tops))
        number = {
            (int(self.parent[edge]), int(self.child[edge])): int(edge)
            for edge in leaving
            if self.added[edge] and (int(self.parent[edge]), int(self.child[edge])) in pairs
        }
        straight = np.array([number[int(top), int(base)] for top, base in zip(tops, bases, strict=True)])
        return straight, leaving[~self.added[leaving]]

    def backward(self, changes: Sequence[Change]) -> Array:
        """d(Σ upstream·output)/d(node) with each change alone: an array (nodes, changes)."""
        found = np.repeat(self.seed[:, None], len(changes), axis=1)
        slopes = np.repeat(self.slope[:, None], len(changes), axis=1)
        for number, change in enumerate(changes):
            slopes[change.edges, number] = change.slopes
            found[change.nodes, number] += change.received
        with np.errstate(all="ignore"):
            for start, end, first, children in self.levels:
                flow = slopes[start:end] * found[self.parent[start:end]]
                found[children] += np.add.reduceat(flow, first, axis=0)
        return found

    def shifts(self) -> list[Places]:
        """The edges to what is subtracted, line by line: some changes nothing in the end, as softmax's maximum."""
        minus = np.array([group.source.name == "subtract" for group in self.group])[self.parent]
        by_source: dict[Source, list[int]] = {}
        for edge in np.flatnonzero(minus & (self.slope == -1.0) & ~self.added):
            by_source.setdefault(self.group[self.parent[edge]].source, []).append(int(edge))
        return [np.array(edges) for edges in by_source.values()]

    def gradients(self, changes: Sequence[Change]) -> list[dict[str, Array]]:
        """What each change alone makes of the gradients of the arrays that went in, flat."""
        made: list[dict[str, Array]] = []
        at_once = max(1, 2_000_000 // max(1, len(self.parent)))
        for start in range(0, len(changes), at_once):
            found = self.backward(changes[start : start + at_once])
            made += [
                {name: found[places, number] for name, places in self.leaves.items()}
                for number in range(found.shape[1])
            ]
        return made


def _adds(node: Value) -> bool:
    return node.operation is not None and node.operation.name in ("add", "sum")


def _line(node: Value) -> tuple[str, int]:
    origin = node.origin
    return (origin.file or "", origin.line or 0) if origin is not None else ("", 0)
