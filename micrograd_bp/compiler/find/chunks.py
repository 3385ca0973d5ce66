"""Where a long program is cut into functions, since CPython compiles many short ones faster than a long one.

The cuts are made so that a graph which repeats itself gives functions with equal texts, which are compiled once.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy

from micrograd_bp.compiler.find.numbering import Numbering

MOST_STATEMENTS = 1000  # of the forward pass in a chunk; the backward pass has some three times as many
SEEN_AT_A_CUT = 16
MULTIPLIER = 6364136223846793005  # D. E. Knuth's, for hashes and random numbers of 64 bits


class Chunk(NamedTuple):
    """Nodes whose statements stand in one function.

    Attributes:
        places: the numbers of the nodes.
        reads: the numbers of earlier nodes that they read, moved ones first.
        makes: the numbers of those among them that are read elsewhere, moved ones first.
    """

    places: range
    reads: list[int]
    makes: list[int]

    def shape(self, graph: Numbering) -> tuple[Any, ...]:
        """What the text of the function depends on: equal for chunks with equal texts."""
        start, n_reads = self.places.start, len(self.reads)
        local = {place: number for number, place in enumerate([*self.reads, *self.places])}
        return (
            [graph.moved[place] for place in self.reads].count(True),
            n_reads,
            tuple([place - start for place in self.makes]),
            tuple(
                [
                    (graph.nodes[place].operation, *[local[operand] for operand in graph.operands[place]])
                    for place in self.places
                ]
            ),
        )


def fit_in_one(graph: Numbering) -> bool:
    """Whether a graph is small enough for a single function."""
    return bool(len(graph.nodes) <= MOST_STATEMENTS and _statements(graph).sum() <= MOST_STATEMENTS)


def chunks(graph: Numbering) -> list[Chunk]:
    """The nodes of a graph, cut into chunks."""
    cuts = _cuts(graph)
    pieces = [range(start, stop) for start, stop in pairwise(cuts)]
    reads = [_reads(graph, places) for places in pieces]
    read_elsewhere = {*graph.roots, *(place for chunk_reads in reads for place in chunk_reads)}
    makes = [[place for place in places if place in read_elsewhere] for places in pieces]
    return [
        Chunk(places, _moved_first(graph, each_reads), _moved_first(graph, each_makes))
        for places, each_reads, each_makes in zip(pieces, reads, makes, strict=True)
    ]


def _reads(graph: Numbering, places: range) -> list[int]:
    operands = graph.operands[places.start : places.stop]
    earlier = [operand for of_node in operands for operand in of_node if operand < places.start]
    return list(dict.fromkeys(earlier))


def _moved_first(graph: Numbering, places: Sequence[int]) -> list[int]:
    return [place for place in places if graph.moved[place]] + [place for place in places if not graph.moved[place]]


def _cuts(graph: Numbering) -> list[int]:
    """The numbers at which chunks begin, and the end.

    A cut goes where a hash of the last few nodes is the least of all between half a chunk and a whole one. So in a
    graph that repeats itself the cuts fall on the same places of each round.
    """
    looks = _looks(graph)
    statements = numpy.cumsum(_statements(graph))
    cuts, done = [0], 0
    while len(statements) and statements[-1] - done > MOST_STATEMENTS:
        first, last = numpy.searchsorted(statements, [done + MOST_STATEMENTS // 2, done + MOST_STATEMENTS])
        cuts.append(int(first + looks[first : last + 1].argmin()) + 1)
        done = statements[cuts[-1] - 1]
    return [graph.n_leaves + cut for cut in [*cuts, len(statements)]]


def _statements(graph: Numbering) -> Any:
    """For each node about as many statements as it takes: a long sum takes several."""
    return numpy.array([1 + len(operands) // 4 for operands in graph.operands[graph.n_leaves :]], dtype=numpy.int64)


def _looks(graph: Numbering) -> Any:
    """For each node a hash of its operation, of how far back its operands are, and of the same of those before it.

    Leaves, and nodes from long before, look all the same: in each round they are further away.
    """
    kinds: dict[Any, int] = {}
    hashes = []
    for place in range(graph.n_leaves, len(graph.nodes)):
        kind = kinds.setdefault(graph.nodes[place].operation, len(kinds))
        recent = max(graph.n_leaves, place - MOST_STATEMENTS)
        hashes.append(hash((kind, *[place - operand if operand >= recent else 0 for operand in graph.operands[place]])))
    own = numpy.array(hashes, dtype=numpy.int64)
    looks = own.copy()
    for back in range(1, min(SEEN_AT_A_CUT, len(own))):
        looks[back:] += own[:-back] * pow(MULTIPLIER, back, 2**63)  # wraps around, as a hash may
    return looks
