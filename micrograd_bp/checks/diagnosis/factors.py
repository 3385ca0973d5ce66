"""Wrong factors: a product's derivative along one factor is the other one, and another array stands in its place."""

from collections.abc import Iterator, Mapping

import numpy as np

from micrograd_bp.checks.diagnosis.ways import Way, edges_by_source
from micrograd_bp.checks.diagnosis.wiring import Array, Change, Places, Source, Wiring


def factor_ways(wiring: Wiring, others: Mapping[str, Array], before: Wiring | None) -> Iterator[Way]:
    """The ways in which another array stands in the place of a factor.

    Args:
        wiring: the graph.
        others: arrays that may stand there, `name|what`: what the array `name` was or is at another time.
        before: the graph of the call before, if it is of the same form.
    """
    members = wiring.members
    by_factor: dict[tuple[Source, Source, Source | None], list[tuple[Places, Places]]] = {}
    for (parent, child), places in edges_by_source(wiring).items():
        factors = _other_factor(wiring, places) if parent.name == "multiply" else None
        if factors is None:
            continue
        sources = [wiring.group[place].source for place in factors]
        for factor in dict.fromkeys(sources):
            inside = np.array([source == factor for source in sources])
            # Along one operand, and along all: the first step of a loop has another operand than the others.
            by_factor.setdefault((parent, factor, child), []).append((places[inside], factors[inside]))
            by_factor.setdefault((parent, factor, None), []).append((places[inside], factors[inside]))
        yield from _steps(wiring, members, parent, child, places, factors)
    for (parent, factor, along), parts in by_factor.items():
        if along is None and len(parts) == 1:
            continue
        places, factors = (np.concatenate(each) for each in zip(*parts, strict=True))
        rank = {int(place): number for number, place in enumerate(members[factor])}
        where = np.array([rank[int(place)] for place in factors])
        named = (parent, factor, *((along,) if along else ()))
        tail = "where {1.name} belongs: in the derivative of {0}" + (" along {2.name}" if along else "")
        for other, theirs in members.items():
            if other != factor and len(theirs) == len(members[factor]):
                words = f"{{{len(named)}.name}} stands {tail}"
                yield Way("another_factor", words, (*named, other), Change(places, wiring.data[theirs][where]), 2.2)
        if before is not None:
            slopes = before.data[members[factor]][where]
            yield Way(
                "stale_factor", f"{{1.name}} of the call before stands {tail}", named, Change(places, slopes), 2.05
            )
        for name, words, numbers in _variants(wiring, factor, others):
            yield Way(name, f"{words} {tail}", named, Change(places, numbers[where]), 2.1)


def _steps(
    wiring: Wiring, members: Mapping[Source, Places], parent: Source, child: Source, places: Places, factors: Places
) -> Iterator[Way]:
    """In a loop over time the factor is that of the step before or after."""
    for source, own in members.items():
        depths, counts = np.unique(wiring.depth[own], return_counts=True)
        if not source.line or len(depths) < 2 or np.any(counts != counts[0]):
            continue
        rows = [own[wiring.depth[own] == depth] for depth in depths]
        begin = {wiring.group[place].source for place in factors} - {source}
        if len(begin) == 1 and len(members[next(iter(begin))]) == counts[0]:
            rows.insert(0, members[next(iter(begin))])
        row_of = {int(place): (number, column) for number, row in enumerate(rows) for column, place in enumerate(row)}
        if not all(int(place) in row_of for place in factors):
            continue
        for name, shift, word in (("step_too_late", 1, "after"), ("step_too_early", -1, "before")):
            slopes = np.zeros(len(places))
            for number, place in enumerate(factors):
                row, column = row_of[int(place)]
                if 0 <= row + shift < len(rows):
                    slopes[number] = wiring.data[rows[row + shift][column]]
            words = f"{{1.name}} of the time step {word} stands in the derivative of {{0}} along {{2.name}}"
            yield Way(name, words, (parent, source, child), Change(places, slopes), 1.7)


def _other_factor(wiring: Wiring, places: Places) -> Places | None:
    found = []
    for place in places:
        node, operand = wiring.nodes[wiring.parent[place]], wiring.nodes[wiring.child[place]]
        if len(node.operands) != 2 or node.operands[0] is node.operands[1]:
            return None
        other = node.operands[1 - node.operands.index(operand)]
        if other not in wiring.place:
            return None
        found.append(wiring.place[other])
    return np.array(found)


def _variants(wiring: Wiring, factor: Source, others: Mapping[str, Array]) -> Iterator[tuple[str, str, Array]]:
    """Another layout of the same array, or what another call or a step has made of it."""
    if factor.line or factor.name not in wiring.leaves:
        return
    array = wiring.data[wiring.leaves[factor.name]].reshape(wiring.shapes[factor.name])
    if array.ndim >= 2 and array.shape[-1] == array.shape[-2]:
        yield "factor_not_transposed", "{1.name} with its axes exchanged stands", np.swapaxes(array, -1, -2).ravel()
    if array.ndim >= 2:
        yield "factor_turned", "{1.name} turned by 180° stands", np.flip(array, (-1, -2)).ravel()
    if array.ndim >= 3:
        yield "factor_turned", "{1.name} turned by 180° in its first two axes stands", np.flip(array, (0, 1)).ravel()
    for words, numbers in others.items():
        name, _, what = words.partition("|")
        if name == factor.name and numbers.size == array.size:
            yield "factor_of_another_time", f"{{1.name}} {what} stands", numbers.ravel()
