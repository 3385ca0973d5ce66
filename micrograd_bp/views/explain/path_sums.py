"""Sums over all paths of a graph at once: what arrives at each node, in all and in magnitude, and by which edge most.

The gradient of a node is the sum, over all paths that lead to it from the output, of the products of the local
derivatives along them (Bauer's formula). One sweep in the order of the backward pass gives that sum for every node; a
second one on absolute values, taken along with it, gives what the paths come to before any of it cancels; the maximum
in place of the sum gives the heaviest path. Nothing here knows how paths are listed or printed.

A path on which a local derivative is 0, inf or nan is kept apart from the others, since its product says nothing about
its other factors.

Source: F. L. Bauer, Computational graphs and rounding error, SIAM J. Numer. Anal. 11 (1974).
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from micrograd_bp.engine import Value
from micrograd_bp.views.explain.any_size import ARITHMETIC
from micrograd_bp.views.explain.kinds import FIRST_SEEN, KINDS, KINDS_ABOVE, Kind
from micrograd_bp.views.steps.step import Graph


class Edge(NamedTuple):
    """One edge of the graph, by which a gradient goes from a node to an operand.

    Attributes:
        node: the node.
        position: which of its operands, from 0; in `x * x` there are two.
    """

    node: Value
    position: int

    @property
    def operand(self) -> Value:
        """The operand that the gradient goes to."""
        return self.node.operands[self.position]

    @property
    def local_derivative(self) -> float:
        """d(node)/d(operand), as recorded in the forward pass."""
        return self.node.local_derivatives[self.position]


class PathSum(NamedTuple):
    """The paths from the outputs to one node, together.

    Attributes:
        gradient: what `backward` gives; it may be 0, inf or nan where `net` is not.
        net: the sum of the products of all paths that are finite and not 0.
        total: the sum of their magnitudes.
        heaviest: the last edge of the heaviest path, into this node; None where that path is the output alone.
    """

    gradient: float
    net: Decimal
    total: Decimal
    heaviest: Edge | None

    @property
    def cancelled(self) -> float:
        """How much of the magnitudes is lost in the sum: 1 - |net| / total; 0.0 where there is nothing."""
        with localcontext(ARITHMETIC):
            return max(0.0, float(1 - abs(self.net) / self.total)) if self.total else 0.0


class PathCount(NamedTuple):
    """How many paths lead from the outputs to a node, by what their products come to."""

    regular: int
    zero: int
    infinite: int
    nan: int

    @property
    def all(self) -> int:
        """All of them."""
        return sum(self)


class SumOfKind(NamedTuple):
    """The paths of one kind to one node: the sum of their products, that of their magnitudes, and the largest of these.

    `APART` stands in for each factor of 0, inf or nan.
    """

    net: Decimal
    total: Decimal
    largest: Decimal


class Way(NamedTuple):
    """One way on from a node towards the outputs.

    Attributes:
        edge: the edge to the node above; None where the node is an output, and paths end.
        kind_above: the kind of the paths from there on.
        factor: the local derivative, or the upstream gradient of the output.
        largest: the magnitude of the largest path from the node on that goes this way.
    """

    edge: Edge | None
    kind_above: Kind
    factor: Decimal
    largest: Decimal


END = SumOfKind(Decimal(1), Decimal(1), Decimal(1))
"""Above an output there is one path, without any factor."""

APART = Decimal("1e-1000000")
"""Stands in for a factor of 0, inf or nan where paths are compared: the fewer of them the better, whatever else."""


class PathSums:
    """The paths from some outputs to every node of their graph, summed up; nobody's `grad` is touched.

    `sums[node]` is the `PathSum` of a node. The sweep over the graph goes as far as the nodes that are asked for, since
    whoever walks a backward pass asks in its order.

    Attributes:
        graph: the outputs, their upstream gradients, and all nodes in topological order, with their names.
    """

    def __init__(
        self,
        root: Value | Sequence[Value] | Graph,
        gradients: Sequence[float] | None = None,
        *,
        names: Any = None,
    ) -> None:
        """Begins at the outputs.

        Args:
            root: the output, or several of them, as for `backward`; or a graph that is known already.
            gradients: the upstream gradient of each output; 1.0 for each if not given.
            names: what to call values that have no label, as for `steps`.

        Raises:
            TypeError: an output is not a Value, or a gradient not a number.
            ValueError: not as many gradients as outputs.
        """
        self.graph = root if isinstance(root, Graph) else Graph(root, gradients, names)
        self._gradients = dict(self.graph.start)
        self._backwards = self.graph.order[::-1]
        self._places = {node: place for place, node in enumerate(self._backwards)}
        self._n_passed = 0
        self._uses: dict[Value, list[Edge]] = {}
        # One dictionary for each kind. Plain numbers in them, since objects would slow the garbage collector down.
        self._net: list[dict[Value, Decimal]] = [{} for _ in KINDS]
        self._total: list[dict[Value, Decimal]] = [{} for _ in KINDS]
        self._largest: list[dict[Value, Decimal]] = [{} for _ in KINDS]
        with localcontext(ARITHMETIC):
            for output in self._outputs:
                kind, factor = _factor(self.graph.start[output])
                self._add(output, kind, factor, abs(factor), abs(factor))

    def _reach(self, node: Value) -> None:
        """Sums up all that arrives at a node.

        Raises:
            KeyError: it is not in the graph.
        """
        place = self._places[node]
        if self._n_passed < place:
            with localcontext(ARITHMETIC):
                for above in self._backwards[self._n_passed : place]:
                    self._pass_on(above)
            self._n_passed = place

    def _pass_on(self, node: Value) -> None:
        """Hands what has arrived at a node to its operands, as `backward` does."""
        upstream = self._gradients[node]
        arrived = [(kind, *self._arrived(node, kind)) for kind in KINDS if node in self._net[kind]]
        for position, (operand, local_derivative) in enumerate(zip(node.operands, node.local_derivatives, strict=True)):
            self._uses.setdefault(operand, []).append(Edge(node, position))
            self._gradients[operand] += upstream * local_derivative
            kind, factor = _factor(local_derivative)
            magnitude = abs(factor)
            for kind_above, net, total, largest in arrived:
                self._add(operand, kind_above.times(kind), factor * net, magnitude * total, magnitude * largest)

    def _add(self, node: Value, kind: Kind, net: Decimal, total: Decimal, largest: Decimal) -> None:
        """Adds paths to those that lead to a node."""
        before = self._net[kind].get(node)
        if before is not None:
            net, total = net + before, total + self._total[kind][node]
            largest = max(largest, self._largest[kind][node])
        self._net[kind][node], self._total[kind][node], self._largest[kind][node] = net, total, largest

    def of_kind(self, node: Value, kind: Kind) -> SumOfKind:
        """The paths of one kind to a node.

        Raises:
            KeyError: there are none.
        """
        self._reach(node)
        return self._arrived(node, kind)

    def _arrived(self, node: Value, kind: Kind) -> SumOfKind:
        return SumOfKind(self._net[kind][node], self._total[kind][node], self._largest[kind][node])

    def ways(self, node: Value, kind: Kind) -> list[Way]:
        """Every way on from `node` that paths of this kind go, in the order of the backward pass.

        Raises:
            KeyError: the node is not in the graph.
        """
        self._reach(node)
        found = []
        if node in self._outputs:
            kind_of_factor, factor = _factor(self.graph.start[node])
            if kind_of_factor is kind:
                found.append(Way(None, Kind.REGULAR, factor, abs(factor)))
        for edge in self._uses.get(node, ()):
            kind_of_factor, factor = _factor(edge.local_derivative)
            for kind_above in KINDS_ABOVE[kind, kind_of_factor]:
                largest = self._largest[kind_above].get(edge.node)
                if largest is not None:
                    found.append(Way(edge, kind_above, factor, abs(factor) * largest))
        return found

    @cached_property
    def _outputs(self) -> frozenset[Value]:
        return frozenset(self.graph.roots)

    def __contains__(self, node: object) -> bool:
        return isinstance(node, Value) and node in self._gradients

    def __getitem__(self, node: Value) -> PathSum:
        self._reach(node)
        net, total = (sums[Kind.REGULAR].get(node, Decimal(0)) for sums in (self._net, self._total))
        with localcontext(ARITHMETIC):
            heaviest = max(self.ways(node, self.first_kind(node)), key=lambda way: way.largest).edge
        return PathSum(self._gradients[node], net, total, heaviest)

    def first_kind(self, node: Value) -> Kind:
        """The kind of the paths that one wants to see first: nan, then inf, then what is finite, then 0.

        Raises:
            KeyError: the node is not in the graph.
        """
        self._reach(node)
        return next(kind for kind in FIRST_SEEN if node in self._net[kind])

    def counts(self) -> Iterator[tuple[Value, PathCount]]:
        """Every node with the exact number of its paths, in the order of the backward pass.

        One after the other, and not kept: along a chain of n nodes these numbers may have n digits.
        """
        counts: dict[Value, list[int]] = {node: [0] * len(KINDS) for node in self._outputs}
        for output in self._outputs:
            counts[output][Kind.of(self.graph.start[output])] += 1
        for node in reversed(self.graph.order):
            here = counts.pop(node)
            yield node, PathCount(*here)
            for operand, local_derivative in zip(node.operands, node.local_derivatives, strict=True):
                there, kind = counts.setdefault(operand, [0] * len(KINDS)), Kind.of(local_derivative)
                for kind_above in KINDS:
                    if here[kind_above]:
                        there[kind_above.times(kind)] += here[kind_above]

    def count(self, node: Value) -> PathCount:
        """The exact number of paths to one node.

        Raises:
            KeyError: the node is not in the graph.
        """
        if node not in self:
            raise KeyError(node)
        return next(count for each, count in self.counts() if each is node)


@lru_cache(maxsize=1 << 12)  # many local derivatives are 1, and the conversion is slow
def _factor(factor: float) -> tuple[Kind, Decimal]:
    kind = Kind.of(factor)
    rounded = ARITHMETIC.create_decimal_from_float(float(factor))
    return kind, rounded if kind is Kind.REGULAR else APART.copy_sign(rounded)
