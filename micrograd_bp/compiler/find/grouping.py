"""Finds the groups of a graph.

Two nodes belong together when their operations are the same and their operands belong together in pairs. That is
settled from the leaves up, so that a node waits for nothing but its own operands: a skip connection or a pruned weight
does not tear a layer apart. Names and origins play no part.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain, count, filterfalse, groupby
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.compiler import thresholds
from micrograd_bp.compiler.find.graph import Graph, dependent, members
from micrograd_bp.compiler.find.groups import Column, Constants, Entry, Group, Input, Joined, OperationGroup, Parameters
from micrograd_bp.compiler.find.layouts import TermKinds, join_pruned_sums, join_weights, look, sum_groups, sum_member
from micrograd_bp.compiler.find.recurrences import period_of
from micrograd_bp.compiler.find.sums import rule_terms, sums_taken_apart, terms_of
from micrograd_bp.engine import Value


class OperationMember(NamedTuple):
    """A node on its way into a group, with the places of its operands, member by member."""

    node: Value
    entries: tuple[Entry, ...]

    @property
    def alike(self) -> tuple[Hashable, Hashable]:
        """What nodes that go together have in common, and what those that compute the very same do."""
        operation, operands = self.node.operation, tuple([group for group, _ in self.entries])
        assert operation is not None
        if not operation.many:
            return (operation, *operands), self.entries
        arranged = operation.arranged(operands)
        kinds = [(frozenset(each), len(each)) if isinstance(each, tuple) else each for each in arranged]
        return (operation, *kinds), self.entries


MOST_STRAYS, FEWEST_BESIDE_STRAYS = 2, 8
"""So few nodes of a group are put beside others that are computed alike, if these are so many together."""


class Grouping:
    """A graph as groups, in an order in which they can be computed.

    Attributes:
        parameters, constants: the groups of these leaves.
        inputs: the groups of leaves that differ from sample to sample, by name.
        groups: all other groups, each after those it is computed from.
        group_of, position_of: of each node its group, and its position there; pairs would keep the collector busy.
        totals: sums that would be part of those of the next round, if rounds were not to look the same.
        n_operands: how many operands all nodes have that stay.
        few: how many for each group are few.
    """

    @classmethod
    def of(
        cls, graph: Graph, few: float | None = None, *, shortened: bool = True, with_rounds: bool = False
    ) -> "Grouping | None":
        """The groups of the nodes of a graph.

        Args:
            graph: what is to be grouped; its loss and its outputs stay nodes.
            few: where there are fewer operands than this for each group, the answer is None.
            shortened: whether most rounds of a long recurrence may be left out.
            with_rounds: whether such a recurrence is grouped in any case.
        """
        is_thin = few is not None and nothing_side_by_side(graph)
        if is_thin and not (shortened and with_rounds and len(graph.order) > thresholds.LONG_RECURRENCE):
            return None
        grouping = cls(graph, shortened=shortened)
        grouping.few = few
        if with_rounds and grouping.period is not None:
            few = None
        elif is_thin:
            return None
        levels = grouping._levels()
        if few is not None and grouping.n_operands < few * len(levels):  # each level is at least one group
            return None
        for level in levels:
            grouping._group(level)
        return None if few is not None and grouping.n_operands < few * len(grouping.groups) else grouping

    def __init__(self, graph: Graph, *, shortened: bool = True) -> None:
        """Finds what is to be grouped; `of` then does so."""
        self.parameters = Parameters(graph.parameters, batched=False, name="parameters")
        self.inputs = {name: Input(leaves, batched=True, name=name) for name, leaves in graph.inputs.items()}
        self.constants = Constants([], batched=False, name="constants")
        self.groups: list[Group] = []
        self.group_of: dict[Value, Group] = {}
        self.position_of: dict[Value, int] = {}
        for group in (self.parameters, *self.inputs.values()):
            self._put(group)
        self._joined: dict[Any, tuple[Group, dict[Entry, int]]] = {}
        self.few: float | None = None
        computed = dependent(graph.order, self.group_of)
        self.period = period_of(computed, graph.roots, self._known) if shortened else None
        self._parts, roots = [computed], set(graph.roots)
        self.stand_ins: dict[Value, Value] = {}
        if self.period is not None:
            self._parts, self.stand_ins = [self.period.before, self.period.after], self.period.stand_ins
            roots |= self.period.live
            self.groups += self.period.turns
            for group in self.period.turns:
                self._put(group)
        self._put_constants(filterfalse({*self.group_of, *computed}.__contains__, graph.order))
        batched = set(dependent(computed, members(graph.inputs)) if graph.inputs else ())
        computed = [*chain.from_iterable(self._parts)]
        uses = Counter(chain.from_iterable([node.operands for node in computed]))
        self._taken_apart = sums_taken_apart(computed, uses, roots, batched)
        self.totals = set[Value]() if self.period is None else self.period.totals
        if self.period is not None:
            self.totals |= sums_taken_apart(computed, uses, graph.roots, batched) - self._taken_apart
        self.n_operands = uses.total() - len(self._taken_apart)

    def _put(self, group: Group) -> None:
        self.group_of.update(dict.fromkeys(group.members, group))
        self.position_of.update(zip(group.members, count()))

    def place(self, node: Value) -> Entry:
        """The group of a node, and its position in there."""
        return self.group_of[node], self.position_of[node]

    def _known(self, node: Value) -> Entry | None:
        return self.place(node) if node in self.group_of else None

    def _put_constants(self, nodes: Iterable[Value]) -> None:
        """Makes constants of nodes that depend on no input and no parameter, and one of equal ones."""
        known: dict[str, int] = {}
        for node in nodes:
            key = float(node.data).hex()  # which tells 0.0 from -0.0, and knows nan again
            if key not in known:
                known[key] = len(self.constants)
                self.constants.members.append(node)
            self.group_of[node], self.position_of[node] = self.constants, known[key]

    def _levels(self) -> list[list[Value]]:
        """The nodes that stay, by the length of the longest way from a leaf, the shortest first."""
        depth = dict.fromkeys(self.group_of, 0)
        levels: defaultdict[int, list[Value]] = defaultdict(list)
        for part in self._parts:
            for node in part:
                depth[node] = level = max(map(depth.__getitem__, node.operands))
                if node not in self._taken_apart:
                    depth[node] = level + 1
                    levels[level].append(node)
            for node, end in self.stand_ins.items():
                depth[end] = depth[node]
        return list(levels.values())

    def _group(self, level: Sequence[Value]) -> None:
        """Groups nodes whose operands have their places."""
        alike: defaultdict[Any, dict[Any, Any]] = defaultdict(dict)
        kinds, twins = TermKinds(), list[tuple[Value, Value]]()  # twins compute the very same, and share a place
        for node in level:
            member: Any
            if node.operation is not None and rule_terms(node.operation) is None:
                member = OperationMember(node, tuple(map(self.place, node.operands)))
            else:
                member = sum_member(node, terms_of(node, self._taken_apart), self.place, kinds)
            kind, identity = member.alike
            if (first := alike[kind].setdefault(identity, member)) is not member:
                twins.append((node, first.node))
        if len(alike) > 1:
            join_pruned_sums(alike)
            join_weights(alike, self.join)
        like: defaultdict[Any, list[Group]] = defaultdict(list)
        for distinct in [list(distinct.values()) for distinct in alike.values()]:
            is_operation = isinstance(distinct[0], OperationMember)
            for group in [self._operation_group(distinct)] if is_operation else sum_groups(distinct, self.join):
                self.groups.append(group)
                self._put(group)
                number = None if self.period is None else self.period.round_of(group.members[0])
                like[number, look(group)].append(group)
        for groups in like.values():
            self._join_strays(groups, level)
        twins += [(self.stand_ins[node], node) for node in level if node in self.stand_ins]
        for node, twin in twins:
            self.group_of[node], self.position_of[node] = self.place(twin)

    def _join_strays(self, groups: Sequence[Group], level: Sequence[Value]) -> None:
        """Puts a few nodes beside many that are computed alike, but from other groups, as at the two ends of a rod.

        So what reads them need not differ: else there would be more and more groups towards the middle of the rod.
        """
        most = max(groups, key=len)
        chosen = [group for group in groups if group is most or len(group) <= MOST_STRAYS]
        apart = {node for group in chosen for node in group.members}
        if len(chosen) > 1 and len(apart) >= FEWEST_BESIDE_STRAYS:
            members = [node for node in level if node in apart]
            runs = groupby(enumerate(map(self.place, members)), lambda each: (each[1][0], each[1][1] - each[0]))
            columns = [Column(group, np.array([offset + n for n, _ in run])) for (group, offset), run in runs]
            self.groups.append(Joined(members, most.batched, columns))
            self._put(self.groups[-1])

    def _operation_group(self, members: list["OperationMember"]) -> Group:
        operation = members[0].node.operation
        assert operation is not None
        members = sorted(members, key=lambda member: [p for g, p in member.entries if not g.is_constant])
        arranged = [operation.arranged(member.entries) for member in members]
        operands = []
        for name, places in zip(operation.operand_names, zip(*arranged, strict=True), strict=True):
            operands.append(self.column([*map(list, places)] if name in operation.many else places))
        return OperationGroup(
            [member.node for member in members],
            batched=any(column.group.batched for column in operands),
            operation=operation,
            operands=operands,
        )

    def column(self, places: Any) -> Column:
        """Places, or lists of places, as entries of one group; where they are in several, these are joined."""
        flat: Sequence[Entry] = [*chain.from_iterable(places)] if isinstance(places[0], list) else places
        group, positions = flat[0][0], [position for _, position in flat]
        if {other for other, _ in flat} != {group}:
            entries: dict[Group, set[int]] = {}
            for other, position in flat:
                entries.setdefault(other, set()).add(position)
            group, position_of = self.join(entries)
            positions = [position_of[entry] for entry in flat]
        index = np.array(positions, np.int64)
        return Column(group, index.reshape(len(places), -1) if isinstance(places[0], list) else index)

    def join(self, entries: Mapping[Group, set[int]]) -> tuple[Group, dict[Entry, int]]:
        """Entries of several groups side by side, and where each of them is."""
        columns = [Column(group, np.array(sorted(chosen), np.int64)) for group, chosen in entries.items()]
        key = tuple([(id(column.group), column.index.tobytes()) for column in columns])
        if key not in self._joined:
            places = [(column.group, position) for column in columns for position in column.index.tolist()]
            joined = Joined([g.members[p] for g, p in places], any(group.batched for group in entries), columns)
            self.groups.append(joined)
            self._joined[key] = joined, {place: position for position, place in enumerate(places)}
        return self._joined[key]


def nothing_side_by_side(graph: Graph) -> bool:
    """Whether a graph is so long and thin that there is no use in looking for groups in it."""
    n_inner = sum([1 for node in graph.order if node.operands])
    below, length = {graph.loss}, 0
    for node in reversed(graph.order):  # a long way down, if not the longest: by what was computed last
        if node in below:
            below = set(node.operands)
            length += bool(below)
    return 1000 < n_inner < 1.5 * length
