"""`explain(root, leaf)`: a gradient, split into the paths that it came along.

d(root)/d(leaf) is the sum over all paths between the two of the products of local derivatives along them. A network has
more paths than anybody can list, so the largest are listed, and the rest is summed up exactly. Nobody's `grad` is read
or written.
"""

import sys
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from micrograd_bp.engine import Value
from micrograd_bp.views.explain.any_size import ARITHMETIC, counted, written
from micrograd_bp.views.explain.heaviest_paths import Path, heaviest_paths
from micrograd_bp.views.explain.kinds import Kind
from micrograd_bp.views.explain.path_sums import Edge, PathCount, PathSums
from micrograd_bp.views.steps.steps import Graph

if TYPE_CHECKING:
    from rich.console import Console, RenderResult

ROUNDING = Decimal("1e-6")
"""How far `backward` may be off in proportion to what it adds up, with rounding alone."""


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
class Explanation:
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

    def __rich_console__(self, console: "Console", options: Any) -> "RenderResult":
        """What `rich.print(explanation)` shows."""
        from micrograd_bp.views.explain.report import Report

        yield Report(self, console.encoding).group()

    def __str__(self) -> str:
        from micrograd_bp.views.explain.report import as_text

        return as_text(self, encoding=sys.stdout.encoding)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self)}


def explain(root: Value | PathSums, leaf: Value, *, paths: int = 10, names: Any = None) -> Explanation:
    """Splits d(root)/d(leaf) into its paths, the largest first.

    The largest paths are found by a best-first search, so that their number does not matter; one sweep over the graph
    below `root` is what it costs.

    Args:
        root: the output; or the `PathSums` of a graph, where several values of it are asked about.
        leaf: a value that the output was computed from; it need not be a leaf.
        paths: how many paths to list at most.
        names: what to call values that have no label, as for `steps`.

    Raises:
        TypeError: `root` or `leaf` is not a Value, or `paths` not an integer.
        ValueError: `leaf` is not in the graph of `root`, or `paths` is negative.
    """
    if not isinstance(leaf, Value):
        raise TypeError(f"explain expects a Value to explain the gradient of, got {type(leaf).__name__}: {leaf!r:.80}")
    if isinstance(paths, bool) or not isinstance(paths, int):
        raise TypeError(f"the number of paths to list is an integer, got {type(paths).__name__}: {paths!r:.80}")
    if paths < 0:
        raise ValueError(f"the number of paths to list is 0 or more, got {paths}")
    sums = root if isinstance(root, PathSums) else PathSums(root, names=names)
    if leaf not in sums:
        raise ValueError(
            f"{leaf!r} is not in the graph of this output: nothing there was computed from it, so there is no path to "
            f"explain. The derivative along it is 0"
        )
    counts = sums.count(leaf)
    listed = [heaviest_paths(sums, leaf, kind, paths) for kind in Kind]
    regular, remainder = listed[Kind.REGULAR]
    summed = sums[leaf]
    first_kind = next(kind for kind in Kind if counts[kind])
    return Explanation(
        leaf=leaf,
        gradient=summed.gradient,
        net=summed.net,
        total=summed.total,
        cancelled=summed.cancelled,
        counts=counts,
        paths=regular,
        rest=Rest(counts.regular - len(regular), *remainder),
        zero=listed[Kind.ZERO][0],
        infinite=listed[Kind.INFINITE][0],
        nan=listed[Kind.NAN][0],
        largest=heaviest_paths(sums, leaf, first_kind, 1)[0][0],
        graph=sums.graph,
    )
