"""Paths in words: `x → multiply → n → tanh`, the factors between them, `2 · 1 · 0.5591`, and how many there are."""

from collections.abc import Mapping, Sequence

from micrograd_bp.engine import Value
from micrograd_bp.views.explain.any_size import counted
from micrograd_bp.views.explain.heaviest_paths import Path
from micrograd_bp.views.explain.path_sums import Edge, PathCount
from micrograd_bp.views.number_text import number

FIRST, LAST = 5, 4
"""How many nodes of a long path are shown at either end."""


def n_paths(count: int, *, more: bool = False) -> str:
    """A number of paths: `1 path`, `2 more paths`."""
    return f"{counted(count)} {'more ' * more}path{'s' * (count != 1)}"


def in_words(counts: PathCount) -> str:
    """How many paths there are, and how many of them are 0, infinite or nan: `3 paths, 1 of them 0`."""
    parts = [n_paths(counts.all)]
    for count, are in ((counts.zero, "0"), (counts.infinite, "infinite"), (counts.nan, "nan")):
        if count == counts.all:
            parts.append(f"which is {are}" if count == 1 else f"all of them {are}")
        elif count:
            parts.append(f"{counted(count)} of them {are}")
    return ", ".join(parts)


def route(path: Path, names: Mapping[Value, str], beside: Path) -> str:
    """The nodes of a path, from the leaf to the output.

    A long one is cut: in the middle, or, where another path is listed before it, to where the two part.

    Args:
        path: the path.
        names: what the nodes are called.
        beside: the path that is listed first; `path` itself, if that is the one.
    """
    places = _shown(len(path.nodes), *_parting(path.edges, beside.edges, n_more=1))
    return " → ".join(_name(path, place, names) if place >= 0 else f"… {-place:,} more …" for place in places)


def factors(path: Path, beside: Path) -> str:
    """The local derivatives along a path, cut as its nodes are; last the upstream gradient of the output, if not 1."""
    numbers = [edge.local_derivative for edge in path.edges]
    if path.start != 1.0 or not numbers:
        numbers.append(path.start)
    places = _shown(len(numbers), *_parting(path.edges, beside.edges, n_more=0))
    return " · ".join(number(numbers[place]) if place >= 0 else f"… {-place:,} more …" for place in places)


def _name(path: Path, place: int, names: Mapping[Value, str]) -> str:
    """What a node is called, and which of several equal operands it is: `x (operand 2 of 2)`."""
    node = path.nodes[place]
    if place < len(path.edges):
        user, position = path.edges[place]
        if user.operands.count(node) > 1:
            return f"{names[node]} (operand {position + 1} of {len(user.operands)})"
    return names[node]


def _parting(edges: Sequence[Edge], others: Sequence[Edge], n_more: int) -> tuple[int, int]:
    """From where to where a path differs from another, in edges; nowhere if it is that path."""
    if edges is others:
        return 0, 0
    return _n_equal(edges, others), len(edges) - _n_equal(edges[::-1], others[::-1]) + n_more


def _n_equal(edges: Sequence[Edge], others: Sequence[Edge]) -> int:
    pairs = enumerate(zip(edges, others, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(edges), len(others)))


def _shown(length: int, start: int, stop: int) -> list[int]:
    """The places that are shown of a list; a negative number stands for as many that are left out."""
    if length <= FIRST + LAST + 1:
        return list(range(length))
    if start == stop:
        kept = {*range(FIRST), *range(length - LAST, length)}
    else:
        stop = min(stop, start + FIRST + LAST - 2)
        kept = {0, *range(start, stop), length - 1}
    places: list[int] = []
    for place in sorted(kept):
        gap = place - (places[-1] if places else -1) - 1
        if gap:
            places.append(-gap if gap > 1 else place - 1)
        places.append(place)
    return places
