"""An explanation: the paths of one gradient as numbers, and in words."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import NamedTuple

from micrograd_bp.engine import Value
from micrograd_bp.views.colours import NEGATIVE, Sign
from micrograd_bp.views.console import Column, Line, Shown, Table
from micrograd_bp.views.explain.any_size import ARITHMETIC, counted, written
from micrograd_bp.views.explain.heaviest_paths import Path
from micrograd_bp.views.explain.kinds import Kind
from micrograd_bp.views.explain.path_sums import Edge, PathCount
from micrograd_bp.views.explain.ways import factors, in_words, n_paths, route
from micrograd_bp.views.number_text import number, share
from micrograd_bp.views.remarks import aside, source
from micrograd_bp.views.steps.step import Graph
from micrograd_bp.views.text import printable

ROUNDING = Decimal("1e-6")
"""How far `backward` may be off in proportion to what it adds up, with rounding alone."""
LISTED_APART = 3
"""How many paths are shown of those that are 0, and of those that are inf or nan."""
CULPRITS = 2
"""How many of the local derivatives are named that make such a path so."""
MENTIONED = 1e-3
"""What cancels is mentioned from this share on."""


class Rest(NamedTuple):
    """The finite paths that are not listed.

    Attributes:
        n_paths: how many there are.
        net: the sum of their products.
        share: the sum of the magnitudes of their products as a part of those of all paths.
    """

    n_paths: int
    net: Decimal
    share: float


@dataclass(frozen=True, eq=False, repr=False)
class Explanation(Shown):
    """The paths of one gradient; `print` shows them.

    Products and sums are decimals, since along many edges they leave the range of floats: a gradient of 1e-400 is one
    here, where `backward` gives 0.

    Attributes:
        leaf: the value whose gradient is explained.
        gradient: what `backward` gives for it.
        net: the sum of the products of all paths that are finite and not 0.
        total: the sum of their magnitudes.
        cancelled: how much of that is lost in the sum, `1 - |net| / total`: from 0, where all pull one way, to 1.
        n_paths: how many paths there are, exactly.
        counts: how many of them are regular, and how many go through a local derivative that is 0, inf or nan.
        paths: the largest of the regular ones, the largest first.
        rest: the others of them; its share and those of `paths` add up to 1, where there is any regular path.
        zero: paths through a local derivative of 0, at most as many as are listed of the regular ones.
        infinite: the same for inf.
        nan: the same for nan, and for 0 times inf.
        largest: the largest of all paths: a regular one, if there is any.
        graph: the graph that the paths are in, with the names of its values.
    """

    leaf: Value
    gradient: float
    net: Decimal
    total: Decimal
    cancelled: float
    counts: PathCount
    paths: list[Path]
    rest: Rest
    zero: list[Path]
    infinite: list[Path]
    nan: list[Path]
    largest: Path
    graph: Graph

    @property
    def n_paths(self) -> int:
        """How many paths there are, exactly."""
        return self.counts.all

    @property
    def weakest(self) -> list[Edge]:
        """The smallest local derivatives below 1 on the largest path, the smallest first: where it vanishes."""
        return self.largest.weakest()

    @property
    def leaves_floats(self) -> bool:
        """Whether `backward` gives something else, since some product or sum is too small or too large for a float."""
        if self.counts.infinite or self.counts.nan:
            return False
        with localcontext(ARITHMETIC):
            off = abs(Decimal(self.gradient) - self.net)
            return not off.is_finite() or off > ROUNDING * self.total

    def __repr__(self) -> str:
        return f"Explanation({self.leaf!r}: {written(self.net)} over {counted(self.n_paths)} paths)"

    # ---- in words

    def parts(self) -> list[Line | Table]:
        """The gradient, its paths as a table, what cancels, and where it gets small."""
        parts: list[Table | Line] = [Line(self._headline(), "bold")]
        if self.leaves_floats:
            gives = f"backward gives {number(self.gradient)}: on the way the numbers leave the range of floats."
            parts.append(Line(gives, NEGATIVE))
        columns = [Column("product", min_width=10), Column("share", min_width=7), Column("path", "left")]
        parts.append(Table(columns, list(self._rows())))
        if self.cancelled >= MENTIONED:
            cancels = f"{share(self.cancelled)} of this cancels: the paths come to {written(self.total)} in magnitude, "
            parts.append(Line(f"{cancels}and to {written(self.net)} in sum."))
        n_small = sum(abs(edge.local_derivative) < 1.0 for edge in self.largest.edges)
        if n_small:
            how_many = f"{n_small:,} factors below 1" if n_small > 1 else "only factor below 1"
            parts.append(Line(f"On the largest path the {'smallest of ' * (n_small > 1)}{how_many}:"))
            parts += [Line(f"  {self._in_words(edge)}") for edge in self.weakest]
        return parts

    def _headline(self) -> str:
        graph, counts = self.graph, self.counts
        leaf, (output, *others) = graph.names[self.leaf], graph.roots
        alone = not others and graph.start[output] == 1.0
        what = f"∂{graph.names[output]}/∂{leaf}" if alone else f"gradient of {leaf}"
        is_finite = not counts.infinite and not counts.nan
        result = written(self.net) if is_finite else number(self.gradient)
        return f"{what} = {result}, the sum over {in_words(counts)}"

    def _rows(self) -> Iterator[list[Line | str]]:
        yield from self._rows_apart(self.nan, self.counts.nan, "nan")
        yield from self._rows_apart(self.infinite, self.counts.infinite, "inf")
        for path in self.paths:
            yield [_product(path.product), share(path.share), self._way(path, self.paths[0])]
        if self.rest.n_paths:
            left = f"in {n_paths(self.rest.n_paths, more=bool(self.paths))}"
            yield [_product(self.rest.net), share(self.rest.share), left]
        yield from self._rows_apart(self.zero, self.counts.zero, "0")

    def _rows_apart(self, paths: Sequence[Path], count: int, product: str) -> Iterator[list[Line | str]]:
        listed = paths[:LISTED_APART]
        for path in listed:
            culprits = [edge for edge in path.edges if Kind.of(edge.local_derivative) is not Kind.REGULAR]
            because = "".join(f"\nbecause {self._in_words(edge)}" for edge in culprits[:CULPRITS])
            yield [_product(path.product), "", self._way(path, paths[0]) + because]
        if count > len(listed):
            yield ["", "", f"in {n_paths(count - len(listed), more=bool(listed))}, {product} each"]

    def _way(self, path: Path, beside: Path) -> str:
        return f"{route(path, self.graph.names, beside)}\n= {factors(path, beside)}"

    def _in_words(self, edge: Edge) -> str:
        """A local derivative, and what there is to say about its node."""
        names, operation = self.graph.names, edge.node.operation
        parts = [f"∂{names[edge.node]}/∂{names[edge.operand]} = {number(edge.local_derivative)}"]
        if operation is not None and edge.node in names.own:  # others are called after their operation
            parts.append(f"by {printable(operation.name)}")
        if note := aside(edge.node) if math.isfinite(edge.local_derivative) else source(edge.node):
            parts.append(printable(note, limit=len(note)))
        return ", ".join(parts)


def _product(value: Decimal) -> Line:
    return Line(written(value), Sign.of(value).colour)
