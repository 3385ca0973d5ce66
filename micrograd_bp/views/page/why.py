"""Why the gradient of each value is what it is: all paths from the output to it in a few numbers, and the heaviest one.

The heaviest path to a value goes on from the heaviest path to one of its users, so one edge for each value tells all
of them.
"""

from decimal import Decimal, localcontext

from micrograd_bp.engine import Value
from micrograd_bp.views.explain.any_size import ARITHMETIC, counted, written
from micrograd_bp.views.explain.path_sums import PathSums
from micrograd_bp.views.number_text import share
from micrograd_bp.views.page.scene import Scene
from micrograd_bp.views.page.story import line_of_each_edge


def reasons(scene: Scene) -> list[dict[str, str]]:
    """For each box, where it is one value, the numbers that the page shows under "why", by their names."""
    graph = scene.recording.graph
    sums = PathSums(graph)
    counts = {node: counted(count.all) for node, count in sums.counts() if node in scene.places}
    lines = line_of_each_edge(scene)
    products: dict[Value, Decimal] = {}
    found: list[dict[str, str]] = [{} for _ in scene.part.order]
    with localcontext(ARITHMETIC):
        for node in reversed(graph.order):
            part = sums[node]
            edge = part.heaviest
            if edge is None:
                products[node] = Decimal(graph.start[node])
            else:
                products[node] = products[edge.node] * Decimal(edge.local_derivative)
            if node not in scene.places:
                continue
            found[scene.places[node]] = {
                "paths": counts[node],
                "net": written(part.net),
                "total": written(part.total),
                "cancelled": share(part.cancelled) if part.cancelled >= CANCELS_FROM else "",
                "product": written(products[node]),
                "heaviest": "" if edge is None else str(lines.get((edge.node, edge.position), "")),
            }
    return found


CANCELS_FROM = 1e-6
"""Less than this is rounding."""
