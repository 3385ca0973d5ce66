"""`explain(root, leaf)`: a gradient, split into the paths that it came along.

d(root)/d(leaf) is the sum over all paths between the two of the products of local derivatives along them. A network has
more paths than anybody can list, so the largest are listed, and the rest is summed up exactly. Nobody's `grad` is read
or written.
"""

from typing import Any

from micrograd_bp.engine import Value
from micrograd_bp.views.explain.explanation import Explanation, Rest
from micrograd_bp.views.explain.heaviest_paths import heaviest_paths
from micrograd_bp.views.explain.kinds import Kind
from micrograd_bp.views.explain.path_sums import PathSums


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
