"""A path that is left out: the backward pass is repeated without what leads from one line to another.

Their forward on Values is a graph whose nodes know their lines. What no change of one line mends, such as the path of a
norm's variance, shows in the numbers: they are those of a backward pass that never took it.
"""

import ast
import linecache
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from micrograd_bp.checks.claims import Array, Arrays, Claim
from micrograd_bp.checks.matching import equal
from micrograd_bp.engine import Value, topological_order

MOST_NUMBERS = 8_000_000
"""Gradients of values, in all backward passes together."""

Edges = list[tuple[int, float, list[int]]]
"""Of one value: the places of its operands, the derivatives along them, and the paths that lead there."""


class Place(NamedTuple):
    """Where values come from: an operation on a line of theirs, or an array that went in."""

    file: str
    line: int
    name: str

    @property
    def text(self) -> str:
        """The line, as it stands."""
        return linecache.getline(self.file, self.line).strip()

    def __str__(self) -> str:
        return f"line {self.line}, `{self.text}`," if self.line else self.name

    @property
    def result(self) -> str:
        """What they call what is computed there."""
        if not self.line:
            return self.name
        try:
            statement = ast.parse(self.text).body[0]
        except (SyntaxError, IndexError):
            return str(self)
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        return ast.unparse(target) if target is not None else f"what line {self.line} gives"


class Path(NamedTuple):
    """What leads from the values of one place to those of another, or to all, where `end` is None."""

    begin: Place
    end: Place | None

    def __str__(self) -> str:
        if self.end is not None and self.begin.line == self.end.line and self.begin.name:
            return f"in {self.begin} the path from {self.begin.name} to {self.end.name} is left out"
        into = f" into {self.end.result}" if self.end is not None else ""
        return f"the path through {self.begin}{into} is left out"


def paths_left_out(
    claims: Sequence[Claim], right: Sequence[Mapping[str, Array]], wrong: Sequence[str], tolerance: float
) -> list[Path]:
    """The paths without which a backward pass gives what is claimed, in all calls; those first that say most.

    Args:
        claims: of the same subject, in several calls.
        right: the right gradients of each.
        wrong: the names of the arrays whose claimed gradients are wrong.
        tolerance: relative.
    """
    left: dict[Path, int] | None = None
    for claim, known in zip(claims, right, strict=True):
        found = {}
        for path, gradients in _without(claim):
            given = {name: _given(claim, name, array, tolerance) for name, array in gradients.items()}
            changes = not any(equal(gradients[name], known[name], tolerance) for name in wrong if name in gradients)
            if changes and all(given.get(name, True) for name in wrong):
                found[path] = sum(not each for each in given.values())
        left = {path: max(n, found[path]) for path, n in (left or found).items() if path in found}
        if not left:
            return []
    return sorted(left or {}, key=lambda path: (left or {})[path])


def _given(claim: Claim, name: str, array: Array, tolerance: float) -> bool:
    """Whether an array is what is claimed, or what a second call adds to the claim of the first."""
    if name not in claim.gradients or equal(claim.gradients[name], array, tolerance):
        return True
    before = claim.earlier.gradients.get(name) if claim.earlier is not None else None
    return before is not None and equal(np.subtract(claim.gradients[name], before), array, tolerance)


def _without(claim: Claim) -> Iterator[tuple[Path, Arrays]]:
    """The gradients of a backward pass without each path."""
    values = claim.on_values()
    names = {leaf: Place("", 0, name) for name, array in values.leaves.items() for leaf in array.flat}
    ends = [node for nodes in values.outputs for node in nodes.flat]
    order = topological_order(*ends)
    number = {node: place for place, node in enumerate(order)}
    alive = set(names)
    paths: dict[Path, int] = {}
    edges: list[Edges] = [[] for _ in order]
    for node in order:
        for operand, slope in zip(node.operands, node.local_derivatives, strict=True):
            if operand in alive and node not in names:
                alive.add(node)
                begin, end = _place(node, names), _place(operand, names)
                line, before = begin._replace(name=""), end._replace(name="") if end.line else end
                each = dict.fromkeys([Path(begin, end), Path(line, before), Path(line, None)])
                cut = [paths.setdefault(path, len(paths)) for path in each]
                edges[number[node]].append((number[operand], slope, cut))
    if len(order) * len(paths) > MOST_NUMBERS:
        return
    upstream = np.zeros(len(order))
    np.add.at(upstream, [number[end] for end in ends], np.concatenate([each.ravel() for each in claim.upstream]))
    leaves = [number[leaf] for leaf in names if leaf in number]
    gradients = _passes(edges, upstream, len(paths), set())
    right = gradients[leaves, -1:]
    # Nobody writes down a path that changes nothing, such as that of the maximum which a softmax subtracts.
    idle = np.all(np.abs(gradients[leaves] - right) <= 1e-9 * np.max(np.abs(right), initial=0.0), axis=0)
    gradients = _passes(edges, upstream, len(paths), set(np.flatnonzero(idle[:-1]).tolist()))
    places = {name: [number.get(leaf, -1) for leaf in array.flat] for name, array in values.leaves.items()}
    for path, column in paths.items():
        flat = np.append(gradients[:, column], 0.0)  # of what is not used
        yield path, {name: flat[where].reshape(values.leaves[name].shape) for name, where in places.items()}


def _passes(edges: Sequence[Edges], upstream: Array, n_paths: int, idle: set[int]) -> Array:
    """A backward pass without each path, and one with all of them: (values, paths + 1)."""
    gradients = np.repeat(upstream[:, None], n_paths + 1, axis=1)
    for place in reversed(range(len(edges))):
        for operand, slope, cut in edges[place]:
            if idle.isdisjoint(cut):
                flow = slope * gradients[place]
                flow[cut] = 0.0
                gradients[operand] += flow
    return gradients


def _place(node: Value, names: Mapping[Value, Place]) -> Place:
    if node in names:
        return names[node]
    file, line = (node.origin.file or "", node.origin.line or 0) if node.origin is not None else ("", 0)
    return Place(file, line, node.operation.name if node.operation is not None else "")
