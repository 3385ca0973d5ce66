"""The ways in which a backward pass goes wrong: each is one thing done differently, everywhere on one line of forward.

Read it as a list. A new way is a few lines in one of the generators.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from micrograd_bp.checks.diagnosis.wiring import CONSTANT, Array, Change, Group, Places, Source, Wiring

LEFT_OUT = " is left out"


class Way(NamedTuple):
    """One way of being wrong.

    Attributes:
        name: for machines.
        words: for people; `{0}`, `{1}` stand for the sources, `{0.into}`, … see `words.py`.
        sources: what it is about.
        change: what it does to a backward pass.
        rank: how far-fetched it is; of two that give the same numbers the lower one is said.
        scalable: whether the same with another factor than 0 is a mistake too.
    """

    name: str
    words: str
    sources: tuple[Source, ...]
    change: Change
    rank: float
    scalable: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from others, in whichever probe."""
        return self.name, self.words, self.sources


def ways(wiring: Wiring, upstream: Array, before: Wiring | None) -> Iterator[Way]:
    """All ways of being wrong along the edges of a graph.

    Args:
        wiring: the graph.
        upstream: the right d(Σ upstream·output)/d(node).
        before: the graph of the call before, if it is of the same form.
    """
    edges = _by_group(wiring)
    seen: set[bytes] = set()
    for (parent, child), places in edges.items():
        yield from _paths(wiring, places, (parent.source, child.source), seen)
    by_source = edges_by_source(wiring)
    for sources, places in by_source.items():
        yield from _slopes(wiring, places, *sources)
    for by_line in (
        lambda parent, child: (parent._replace(name=""), child._replace(name="") if child.line else child),
        lambda parent, child: (parent._replace(name=""),),
    ):
        for sources, places in _merged(edges, by_line).items():
            yield from _paths(wiring, places, sources, seen)
    for (chooser,), places in _merged(edges, lambda parent, child: (parent,)).items():
        if chooser.name in ("maximum", "minimum", "where"):
            words = "{0}: all that it chooses from get the gradient, not what is chosen alone"
            yield Way("choice_left_out", words, (chooser,), Change(places, np.ones(len(places))), 1.35)
    for (value,), places in _merged(edges, lambda parent, child: (child,)).items():
        if value.line and places.tobytes() not in seen:
            words = "what comes back to {0} from all that uses it is left out"
            yield Way("uses_left_out", words, (value,), Change(places, np.zeros(len(places))), 1.2)
    if len(wiring.outputs) > 1:
        for number, ends in enumerate(wiring.outputs):
            words = f"the upstream gradient of output number {number + 1} is left out"
            none = np.empty(0, dtype=int)
            yield Way("upstream_left_out", words, (), Change(none, np.empty(0), ends, -wiring.seed[ends]), 1.1)
    yield from _uses(by_source, seen)
    yield from _diagonals(wiring)
    yield from _last_uses(wiring)
    yield from _passed_over(wiring, upstream)
    if before is not None:
        words = "all that is kept from forward is that of the call before"
        yield Way("stale_pass", words, (), Change(np.arange(len(before.slope)), before.slope), 1.5)


def edges_by_source(wiring: Wiring) -> dict[tuple[Source, ...], Places]:
    """The edges from each source to each, whatever their groups."""
    return _merged(_by_group(wiring), lambda parent, child: (parent, child))


def _merged(
    edges: Mapping[tuple[Group, Group], Places], key: Callable[[Source, Source], tuple[Source, ...]]
) -> dict[tuple[Source, ...], Places]:
    merged: dict[tuple[Source, ...], list[Places]] = {}
    for (parent, child), places in edges.items():
        merged.setdefault(key(parent.source, child.source), []).append(places)
    return {sources: np.sort(np.concatenate(parts)) for sources, parts in merged.items()}


def _by_group(wiring: Wiring) -> dict[tuple[Group, Group], Places]:
    numbers = {group: number for number, group in enumerate(dict.fromkeys(wiring.group))}
    groups = list(numbers)
    of_node = np.array([numbers[group] for group in wiring.group])
    codes = of_node[wiring.parent] * len(groups) + of_node[wiring.child]
    order = np.argsort(codes, kind="stable")
    order = order[~wiring.added[order]]
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    made = {}
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
        parent, child = divmod(int(codes[order[start]]), len(groups))
        made[groups[parent], groups[child]] = np.sort(order[start:end])
    # What is near the output comes first: of several edges of one path it is where it begins.
    return dict(sorted(made.items(), key=lambda entry: int(entry[1][0])))


def _paths(wiring: Wiring, places: Places, sources: tuple[Source, ...], seen: set[bytes]) -> Iterator[Way]:
    if places.tobytes() in seen or not np.any(wiring.slope[places]):
        return
    seen.add(places.tobytes())
    words = "the path through {0}" + (" into {1.name}" if len(sources) > 1 else "") + LEFT_OUT
    rank = 1.0 if len(sources) > 1 else 1.1
    yield Way("path_left_out", words, sources, Change(places, np.zeros(len(places))), rank, scalable=True)


def _slopes(wiring: Wiring, places: Places, parent: Source, child: Source) -> Iterator[Way]:
    """Another derivative in the place of one operation's, along one operand."""
    right = wiring.slope[places]

    def way(name: str, words: str, slopes: Array, rank: float) -> Way:
        return Way(name, words, (parent, child), Change(places, slopes), rank)

    if parent.name in ("add", "sum"):
        return
    if set(np.unique(right)) == {0.0, 1.0}:
        yield way("mask_inverted", "the mask of {0} is inverted", 1.0 - right, 1.2)
    if parent.name == "subtract":
        return
    yield way(
        "derivative_left_out", "the derivative of {0.operation} along {1.name} is left out", np.ones(len(places)), 1.5
    )
    if parent.name != "negative":
        with np.errstate(all="ignore"):
            words = "{0.operation}: the derivative along {1.name} is divided by instead of multiplied with"
            yield way("derivative_inverted", words, 1.0 / right, 2.5)
            words = "{0.operation}: the derivative along {1.name} is multiplied in twice"
            yield way("derivative_twice", words, right**2, 2.5)
    nodes = [wiring.nodes[place] for place in wiring.parent[places]]
    at_output, swapped = np.full(len(places), np.nan), np.full(len(places), np.nan)
    children = [wiring.nodes[place] for place in wiring.child[places]]
    for number, (node, operand) in enumerate(zip(nodes, children, strict=True)):
        slots = [place for place, each in enumerate(node.operands) if each is operand]
        if node.operation is None or len(slots) != 1 or len(node.operands) > 2:
            break
        numbers = [each.data for each in node.operands]
        numbers[slots[0]] = node.data
        try:
            at_output[number] = node.operation.compute(numbers)[1][slots[0]]
        except (ValueError, ArithmeticError):
            break
        if len(numbers) == 2:
            swapped[number] = node.local_derivatives[1 - slots[0]]
    else:
        words = "the derivative of {0.operation} is taken at its output instead of at its input {1.name}"
        yield way("derivative_at_output", words, at_output, 1.8)
        if not np.any(np.isnan(swapped)):
            yield way("share_of_the_other", "{1.name} gets the share of the other operand of {0}", swapped, 2.0)


def _uses(edges: Mapping[tuple[Source, ...], Places], seen: set[bytes]) -> Iterator[Way]:
    """Only one of several uses of a value counts, as with = in the place of +=."""
    users: dict[Source, dict[Source, Places]] = {}
    for (parent, child), places in edges.items():
        users.setdefault(child, {})[parent] = places
    for child, by_user in users.items():
        if len(by_user) < 3:  # of two, the other one is left out
            continue
        for user in by_user:
            rest = np.sort(np.concatenate([places for other, places in by_user.items() if other != user]))
            if rest.tobytes() not in seen:
                seen.add(rest.tobytes())
                words = "of all uses of {1.name} only that in {0} counts, as with = in the place of +="
                yield Way("one_use_counts", words, (user, child), Change(rest, np.zeros(len(rest))), 1.6)


def _last_uses(wiring: Wiring) -> Iterator[Way]:
    """Of each entry of an array only the last or the first use counts, however often each is used."""
    for name, leaves in wiring.leaves.items():
        edges = np.flatnonzero(np.isin(wiring.child, leaves) & ~wiring.added)
        edges = edges[np.lexsort((wiring.parent[edges], wiring.time[wiring.parent[edges]], wiring.child[edges]))]
        starts = np.flatnonzero(np.diff(wiring.child[edges], prepend=-1))
        if len(starts) == len(edges) or len({wiring.group[place].source for place in wiring.parent[edges]}) > 1:
            continue
        for which, keep in (("last", np.append(starts[1:], len(edges)) - 1), ("first", starts)):
            rest = np.delete(edges, keep)
            words = f"of each entry of {{0.name}} only the {which} use counts: = stands where += or a sum belongs"
            yield Way(f"{which}_counts", words, (Source("", 0, name),), Change(rest, np.zeros(len(rest))), 1.0)


MOST_PAIRS = 400


def _passed_over(wiring: Wiring, upstream: Array) -> Iterator[Way]:
    """What lies between two values is passed over: the gradient of the one is taken for that of the other."""
    made = 0
    for result, tops in wiring.members.items():
        edges = np.flatnonzero(np.isin(wiring.parent, tops))
        if not len(edges) or len(np.unique(wiring.depth[tops])) > 1:
            continue
        for value, bases in wiring.members.items():
            if len(tops) != len(bases) or result == value or not np.all(wiring.depth[bases] < wiring.depth[tops]):
                continue
            made += 1
            if made > MOST_PAIRS:
                return
            words = "the way from {0} back to {1.name} is passed over: the one's gradient is taken for the other's"
            change = Change(edges, np.zeros(len(edges)), bases, upstream[tops])
            yield Way("passed_over", words, (result, value), change, 1.45)


def _diagonals(wiring: Wiring) -> Iterator[Way]:
    """Of a quotient whose divisor is a sum over its own dividends, as in softmax, only the diagonal of the Jacobian."""
    for group in dict.fromkeys(wiring.group):
        if group.source.name != "divide" or CONSTANT in group.operands or len(set(group.operands)) != 2:
            continue
        tops = np.array([place for place, each in enumerate(wiring.group) if each == group])
        if len(tops) > 400:
            continue
        changed: dict[int, float] = {}
        for top in tops:
            (dividend, _), (divisor, slope) = wiring.operands[top]
            if dividend not in wiring.place or divisor not in wiring.place:
                break
            own = [s for each, s in wiring.operands[wiring.place[divisor]] if each is dividend]
            if not own:
                break
            for edge in np.flatnonzero(wiring.parent == top):
                to = wiring.nodes[wiring.child[edge]]
                changed[int(edge)] = wiring.slope[edge] + slope * own[0] if to is dividend else 0.0
        else:
            places = np.array(sorted(changed), dtype=int)
            slopes = np.array([changed[int(place)] for place in places])
            words = "only the diagonal of the Jacobian of {0} counts, though each entry depends on the others too"
            yield Way("only_diagonal", words, (group.source,), Change(places, slopes), 1.3)
