"""Finds recurrences that somebody has unrolled, in graphs so long that looking at each node with care takes long.

Rounds are found in the order of the nodes, where each stands as far behind its like in the round before as all others
do, and reads the same as that, or what is as far behind, or a leaf of the same kind.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.compiler import thresholds
from micrograd_bp.compiler.find.groups import Entry, Index, Parameters, Turn
from micrograd_bp.compiler.find.period import Period
from micrograd_bp.compiler.find.sums import rule_terms
from micrograd_bp.compiler.thresholds import CANDIDATES, ROUNDS_KEPT
from micrograd_bp.engine import Value, topological_order

Known = Callable[[Value], Entry | None]


def period_of(computed: Sequence[Value], roots: Sequence[Value], known: Known) -> Period | None:
    """The rounds of a graph, if it is long, and for the most part rounds that compute on from each other.

    Args:
        computed: the nodes that depend on parameters or inputs, operands before results.
        roots: the nodes that are wanted.
        known: gives the places of parameters and inputs; other leaves are constants, and have none.
    """
    if len(computed) < thresholds.LONG_RECURRENCE:
        return None
    period, ends = _in_this_order(computed, roots, known)
    if period is None and len(ends) > 2 * ROUNDS_KEPT:  # what each round begins with may stand elsewhere
        in_rounds = list(filter(set(computed).__contains__, topological_order(*ends, *roots)))
        period, _ = _in_this_order(in_rounds, roots, known)
    return period


class _Nodes:
    """Nodes by number, and what they read.

    Attributes:
        computed: the nodes.
        n: how many there are.
        leaves: what is read and not computed; they are numbered after the nodes.
        sources: for each leaf where it is; None for constants.
        kinds: the same for leaves that may take each other's place: constants, and those of an input.
        looks: the same for nodes of the same operation with as many operands.
        read: the numbers of all operands, one node after the other.
        first: where in there those of each node begin, and where the last ones end.
        reader: whose operand each of them is.
        last: for each node the last one that reads it; the number of nodes for roots.
    """

    def __init__(self, computed: Sequence[Value], looks: Index, roots: Sequence[Value], known: Known) -> None:
        self.computed, self.looks, self.n = computed, looks, len(computed)
        number = dict(zip(computed, count()))
        below, counts = [node.operands for node in computed], looks & 0xFFFFFFFF
        numbers = (number.setdefault(each, len(number)) for each in chain.from_iterable(below))
        self.read = np.fromiter(numbers, np.int64, counts.sum())
        self.leaves = list(number)[self.n :]
        self.sources = list(map(known, self.leaves))
        self.kinds = np.array([_kind_of(source) for source in self.sources], np.int64)
        self.first = np.cumsum(np.concatenate(([0], counts)))
        self.reader = np.repeat(np.arange(self.n), counts)
        self.last = np.full(len(number), -1)
        self.last[self.read] = self.reader  # the last one stays
        self.last[[number[root] for root in roots if root in number]] = self.n

    def odd_looks(self, length: int) -> Index:
        """The nodes that do not look like those a round before."""
        return np.flatnonzero(self.looks[length:] != self.looks[:-length]) + length

    def odd_reads(self, length: int, middle: int) -> Index:
        """The nodes that read neither the same as those a round before, nor what is as far apart, nor such leaves."""
        shift = int(self.first[middle] - self.first[middle - length])
        own, earlier = self.read[shift:], self.read[:-shift]
        alike = (own - earlier == length) & (own < self.n)
        return self.reader[np.flatnonzero(~(alike | self.alike(own, earlier))) + shift]

    def alike(self, own: Index, earlier: Index) -> Any:
        """Whether operands are the same, or leaves of the same kind."""
        alike, both = own == earlier, (own >= self.n) & (earlier >= self.n)
        alike[both] |= self.kinds[own[both] - self.n] == self.kinds[earlier[both] - self.n]
        return alike

    def cuts(self, begin: int, end: int, length: int) -> Iterator[int]:
        """Where rounds may end of which only the last one is read later, those first where the least of it is."""
        begins, ends = np.zeros(self.n + 2, np.int64), np.bincount(self.last[begin : self.n] + 1, minlength=self.n + 2)
        begins[begin + 1 : self.n + 1] = 1
        n_live = np.cumsum(begins - ends)
        for back in np.argsort(n_live[end - length + 1 : end + 1][::-1], kind="stable")[:CANDIDATES].tolist():
            if (self.last[begin : end - back - length] < end - back).all():
                yield end - back


def _kind_of(source: Entry | None) -> int:
    if source is None:
        return 0
    return -1 - source[1] if isinstance(source[0], Parameters) else 1 + source[0].number


def _in_this_order(
    computed: Sequence[Value], roots: Sequence[Value], known: Known
) -> tuple[Period | None, Sequence[Value]]:
    """The rounds, if they are one after the other, and the last nodes of what at least looks like rounds."""
    operations, ends = dict[Any, int](), list[Value]()
    own = [operations.setdefault(node.operation, len(operations)) << 32 | len(node.operands) for node in computed]
    looks, nodes = np.array(own, np.int64), None
    for length, middle in _lengths(looks):
        if not _is_recurrence(computed[max(0, middle - 2 * length) : middle], length):
            continue
        nodes = nodes or _Nodes(computed, looks, roots, known)
        odd = nodes.odd_looks(length)
        begin, end = _around(middle, odd, length, nodes.n)
        if (cut := next(nodes.cuts(begin - length, end, length), None)) is not None and not ends:
            live = np.flatnonzero(nodes.last[cut - length : cut] >= cut)
            starts = np.arange(begin - length + (cut - begin) % length, cut, length)
            ends = [computed[node] for node in np.add.outer(starts, live).ravel().tolist()]
        begin, end = _around(middle, np.append(odd, nodes.odd_reads(length, middle)), length, nodes.n)
        for cut in nodes.cuts(begin - length, end, length) if end - begin > nodes.n // 2 else ():
            if (rounds := _Rounds.of(nodes, begin - length, cut, length)) is not None:
                return rounds.period(), ()
    return None, ends


def _lengths(looks: Index) -> Iterator[tuple[int, int]]:
    """How far apart nodes may be that are alike in two rounds, and a node in the middle of these."""
    text, size, window = looks.tobytes(), looks.itemsize, min(256, len(looks) // 4)
    for middle in (len(looks) // 2, 3 * len(looks) // 4):
        begin, end = (middle - window) * size, middle * size
        for _ in range(CANDIDATES):
            found = text.rfind(text[begin : middle * size], 0, end - 1)
            if found < 0:
                break
            end = found + window * size
            if found % size == 0:
                yield (begin - found) // size, middle


def _is_recurrence(two_rounds: Sequence[Value], length: int) -> bool:
    """Whether most of a round is computed from rounds before, and not only added to what these have added up."""
    before, nodes = two_rounds[:-length], two_rounds[-length:]
    number = {node: place for own in (before, nodes) for place, node in enumerate(own)}
    readers, waits_for = [list[int]() for _ in nodes], [0] * len(nodes)
    for place, node in enumerate(nodes):
        is_total = node.operation is not None and rule_terms(node.operation) is not None
        for read in [number[operand] for operand in node.operands if operand in number]:
            if read != place or not is_total:
                readers[read].append(place)
                waits_for[place] += 1
    alone = [place for place, n in enumerate(waits_for) if not n]
    for read in alone:  # which grows meanwhile; what is left waits for itself, round after round
        for place in readers[read]:
            waits_for[place] -= 1
            alone += [place] if not waits_for[place] else []
    return 2 * len(alone) < len(nodes)


def _around(middle: int, odd: Index, begin: int, end: int) -> tuple[int, int]:
    """From where to where nodes around one are not odd."""
    return int(odd[odd < middle].max(initial=begin - 1)) + 1, int(odd[odd >= middle].min(initial=end))


class _Rounds(NamedTuple):
    """Rounds of nodes, one after the other.

    Attributes:
        first, cut: where they begin, and end.
        length: how many nodes are in a round.
        read: the numbers of the operands, a row for each round.
    """

    nodes: _Nodes
    first: int
    cut: int
    length: int
    read: Index

    @classmethod
    def of(cls, nodes: _Nodes, begin: int, cut: int, length: int) -> "_Rounds | None":
        """The rounds between two places, in which each reads of itself and of the one before; None if there are few."""
        n = (cut - begin) // length
        if n < 2 * ROUNDS_KEPT:
            return None
        first = cut - n * length
        read = nodes.read[nodes.first[first] : nodes.first[cut]].reshape(n, -1)
        steps, is_node = np.diff(read, axis=0), read[-1] < nodes.n
        if (steps[:, is_node] != steps[-1, is_node]).any():
            return None
        moves_on = is_node & (steps[-1] == length)
        rounds_back = -((int(read[-1, moves_on].min(initial=cut)) - cut + length) // length)
        if rounds_back > 1:
            return cls.of(nodes, begin, cut, rounds_back * length)
        begin, looks = first - length, nodes.looks
        if begin >= 0 and (looks[begin:first] == looks[first : first + length]).all():
            # The first round of all reads something else in place of nodes of a round before.
            earlier = nodes.read[nodes.first[begin] : nodes.first[first]]
            if (moves_on | nodes.alike(read[0], earlier)).all():
                return cls(nodes, begin, cut, length, np.vstack((earlier, read)))
        return cls(nodes, first, cut, length, read)

    def period(self) -> Period | None:
        """The rounds as they are asked for; None if one of their leaves is read elsewhere."""
        nodes, first, cut, length, read = self
        kept, computed = first + ROUNDS_KEPT * length, nodes.computed
        if (turns := self._turns(kept)) is None:
            return None
        stand_ins = {computed[kept + n]: computed[cut + n] for n in range(-length, 0) if nodes.last[cut + n] >= cut}
        goes_on = nodes.last[first:kept].reshape(-1, length) >= np.arange(first, kept, length)[:, None] + length
        live = stand_ins.keys() | {computed[first + node] for node in np.flatnonzero(goes_on).tolist()}
        before, after = list(computed[:kept]), list(computed[cut:])
        return Period(before, after, turns, live, stand_ins, computed, first, length, len(read))

    def _turns(self, kept: int) -> list[Turn] | None:
        """The leaves of rounds that are kept which are others in each; None if one that stands for the end is not."""
        nodes, leaves = self.nodes, self.read - self.nodes.n
        numbers = np.array([leaf.data for leaf in nodes.leaves], dtype=float)
        positions = np.array([0 if source is None else source[1] for source in nodes.sources])
        bits, columns = numbers.view(np.int64), dict[bytes, list[int]]()  # by bits, nan is itself
        for column in np.flatnonzero((leaves[-1] >= 0) & (leaves != leaves[-1]).any(axis=0)).tolist():
            own = leaves[:, column]
            if nodes.sources[own[-1]] is not None or (bits[own] != bits[own[-1]]).any():
                columns.setdefault(own.tobytes(), []).append(column)
        late = leaves[ROUNDS_KEPT // 2 : ROUNDS_KEPT, [column for column, *_ in columns.values()]]
        read = np.append(nodes.read[: nodes.first[kept]], nodes.read[nodes.first[self.cut] :]) - nodes.n
        n_reads = np.bincount(read[read >= 0], minlength=len(nodes.leaves))
        if (n_reads[late] != [*map(len, columns.values())]).any() or (nodes.last[late + nodes.n] == nodes.n).any():
            return None
        together = defaultdict[Any, list[int]](list)  # what is read in the same place by nodes that look alike
        first = nodes.first[self.cut - self.length]
        for column, *_ in columns.values():
            reader = nodes.reader[first + column]
            place = first + column - nodes.first[reader] if nodes.looks[reader] & 0xFFFFFFFF < 4 else 0
            together[nodes.kinds[leaves[-1, column]], nodes.looks[reader], place].append(column)
        turns = []
        for table in [leaves[:, own] for own in together.values()]:
            source, _ = nodes.sources[table[0, 0]] or (None, 0)
            rows = numbers[table] if source is None else positions[table]
            for number, row in enumerate(table[:ROUNDS_KEPT].tolist()):
                members = [nodes.leaves[leaf] for leaf in row]
                turns.append(Turn(members, source is not None, source=source, rows=rows, turn=number))
        return turns
