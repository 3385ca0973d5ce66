"""The heaviest paths from a node to the outputs, and the sum of all that are left, without going through those.

All paths from the node are one set, and its heaviest member is known from the sweep over the graph. Taking that one out
leaves, for each node on it, the paths that turn off there: sets of the same sort, whose heaviest members are known too.
So the next heaviest path is always the best of a few candidates, and in the end the sets that are left hold the
remaining paths, each exactly once. That makes the remainder a sum of terms and not a difference.

Source: E. L. Lawler, A procedure for computing the K best solutions to discrete optimization problems and its
application to the shortest path problem, Management Science 18 (1972).
"""

import heapq
from decimal import Decimal, localcontext
from itertools import count
from typing import NamedTuple

from micrograd_bp.engine import Value
from micrograd_bp.views.explain.any_size import ARITHMETIC
from micrograd_bp.views.explain.kinds import Kind
from micrograd_bp.views.explain.path_sums import END, Edge, PathSums, Way


class Path(NamedTuple):
    """One way that a gradient takes from an output to a node.

    Attributes:
        nodes: what it goes through, from the node up to the output.
        edges: its edges in that order; none where the node is the output itself.
        start: the upstream gradient of the output, 1.0 as a rule.
        product: the product of that and of all local derivatives, with its sign.
        share: the magnitude of the product as a part of those of all paths; 0.0 for 0, inf and nan, which have none.
    """

    nodes: list[Value]
    edges: list[Edge]
    start: float
    product: Decimal
    share: float

    def weakest(self, at_most: int = 3) -> list[Edge]:
        """The edges with the smallest local derivatives below 1 in magnitude, the smallest first."""
        small = (edge for edge in self.edges if abs(edge.local_derivative) < 1.0)
        return heapq.nsmallest(at_most, small, key=lambda edge: abs(edge.local_derivative))


class Remainder(NamedTuple):
    """The paths that are not listed: the sum of their products, and their share in the magnitudes of all."""

    net: Decimal
    share: float


PRODUCTS = {Kind.ZERO: Decimal(0), Kind.INFINITE: Decimal("inf"), Kind.NAN: Decimal("nan")}


class _Branch(NamedTuple):
    """All paths that begin with the same edges.

    Attributes:
        weight: the magnitude of the heaviest of them.
        edges: the edges that they share; more may stand behind those, which belong to another path.
        n_edges: how many edges that are.
        way: how they go on.
        product: the product of the factors up to there, that of the way included.
    """

    weight: Decimal
    edges: list[Edge]
    n_edges: int
    way: Way
    product: Decimal


def heaviest_paths(sums: PathSums, leaf: Value, kind: Kind, at_most: int) -> tuple[list[Path], Remainder]:
    """The heaviest paths of one kind from `leaf` to the outputs, the heaviest first, and the sum of all others.

    Equally heavy ones come in the order in which they are found, which is the same in every run.
    """
    with localcontext(ARITHMETIC):
        found: list[Path] = []
        places = count()  # of two equally heavy branches the first one comes first
        candidates = [(-branch.weight, next(places), branch) for branch in _branches(sums, leaf, kind, [], Decimal(1))]
        heapq.heapify(candidates)
        left = _Sum(sums)
        while candidates and len(found) < at_most:
            path, others = _walked(sums, leaf, kind, heapq.heappop(candidates)[-1])
            found.append(path)
            others.sort(key=lambda branch: branch.weight, reverse=True)
            still_wanted = at_most - len(found)
            for branch in others[:still_wanted]:
                heapq.heappush(candidates, (-branch.weight, next(places), branch))
            for branch in others[still_wanted:]:  # none of its paths will be listed
                left.add(branch)
        for _, _, branch in candidates:
            left.add(branch)
        return found, Remainder(left.net, _share(left.total, sums, leaf))


def heaviest_path(sums: PathSums, node: Value) -> Path:
    """The heaviest path from `node` to an output: through nan or inf if there is such a one, of 0 if there is no other.

    Raises:
        KeyError: the node is not in the graph.
    """
    return heaviest_paths(sums, node, sums.first_kind(node), 1)[0][0]


def _branches(sums: PathSums, node: Value, kind: Kind, edges: list[Edge], product: Decimal) -> list[_Branch]:
    """What becomes of paths that have come to `node` by `edges`: one branch for each way on."""
    size = abs(product)
    return [_Branch(size * way.largest, edges, len(edges), way, product * way.factor) for way in sums.ways(node, kind)]


def _walked(sums: PathSums, leaf: Value, kind: Kind, branch: _Branch) -> tuple[Path, list[_Branch]]:
    """The heaviest path of a branch, and what is left of the branch without it."""
    edges = branch.edges[: branch.n_edges]
    others: list[_Branch] = []
    while branch.way.edge is not None:
        edges.append(branch.way.edge)
        ways_on = _branches(sums, branch.way.edge.node, branch.way.kind_above, edges, branch.product)
        heaviest = max(range(len(ways_on)), key=lambda place: ways_on[place].weight)
        branch = ways_on.pop(heaviest)
        others += ways_on
    nodes = [leaf, *(edge.node for edge in edges)]
    if kind is Kind.REGULAR:
        product, share = branch.product, _share(abs(branch.product), sums, leaf)
    else:
        product, share = PRODUCTS[kind].copy_sign(branch.product), 0.0
    return Path(nodes, edges, sums.graph.start[nodes[-1]], product, share), others


def _share(magnitude: Decimal, sums: PathSums, leaf: Value) -> float:
    total = sums[leaf].total
    return float(magnitude / total) if total else 0.0


class _Sum:
    """The sum over all paths of some branches."""

    def __init__(self, sums: PathSums) -> None:
        self._sums = sums
        self.net = self.total = Decimal(0)

    def add(self, branch: _Branch) -> None:
        edge, kind_above = branch.way.edge, branch.way.kind_above
        net, total, _ = self._sums.of_kind(edge.node, kind_above) if edge is not None else END
        self.net += branch.product * net
        self.total += abs(branch.product) * total
