"""What is enough of a graph that repeats: its first rounds, and what comes after the last one of all.

The rounds in between differ in their leaves alone, so that what is made of those that are kept is true of them too: a
loop over these goes on as many rounds longer, and reads the leaves of all. The nodes of the last round that is kept
then stand for those of the last round of all.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, count

from micrograd_bp.compiler.find.groups import Group, Turn
from micrograd_bp.compiler.thresholds import ROUNDS_KEPT
from micrograd_bp.engine import Value


@dataclass(frozen=True, eq=False)
class Period:
    """A graph that repeats, and what is enough of it.

    Attributes:
        before: the nodes up to the last round that is kept.
        after: those after the last round of all.
        turns: of each round that is kept, the leaves in whose place others have other ones.
        live: the nodes of the rounds that are kept which the next one reads.
        stand_ins: by nodes of the last round that is kept, those of the last round of all that are read after it.
        computed: all nodes, those of rounds one round after the other.
        first: where in there the first round begins.
        length: how many nodes a round has.
        n: how many rounds there are.
        totals: those of `live` that only a sum of the next round reads, of which they are a term.
    """

    before: list[Value]
    after: list[Value]
    turns: list[Turn]
    live: set[Value]
    stand_ins: dict[Value, Value]
    computed: Sequence[Value]
    first: int
    length: int
    n: int
    totals: set[Value] = field(default_factory=set)

    @property
    def left_out(self) -> int:
        """How many rounds are."""
        return self.n - ROUNDS_KEPT

    @cached_property
    def _place(self) -> dict[Value, int]:
        """Where nodes stand, from the first one of the rounds on; those after the last round follow what is kept."""
        return dict(zip(chain(self.before, self.after), count(-self.first)))

    @cached_property
    def _ends(self) -> set[Value]:
        return set(self.stand_ins.values())

    def round_of(self, node: Value) -> int:
        """The number of the round in which a node is; negative before the first one."""
        return self._place.get(node, -1) // self.length

    def halves(self, *groups: Group) -> set[bool]:
        """Whether members of groups are of the later half of the rounds that are kept, which stands for the end."""
        rounds = {self.round_of(node) for group in groups for node in group.members}
        rounds |= {group.turn for group in groups if isinstance(group, Turn)}
        return {number >= ROUNDS_KEPT // 2 for number in rounds if 0 <= number < ROUNDS_KEPT}

    def outside(self, node: Value, group: Group) -> Iterator[tuple[Value, int]]:
        """The node that has the place of one in its group, which is in no loop, and 0."""
        if is_late := 0 <= self.round_of(node) < ROUNDS_KEPT and self.halves(group) == {True}:
            node = self.computed[self.first + self._place[node] + self.left_out * self.length]
        if is_late or node not in self._ends:
            yield node, 0

    def in_rounds(self, node: Value, following: Group | None, left_out: int) -> Iterator[tuple[Value, int]]:
        """The nodes that have the place of one in a loop, and how many rounds later each is than it seems.

        Args:
            node: is in a group of the loop.
            following: the group of the next round, if the loop has one.
            left_out: how many rounds of the loop are.
        """
        place = self._place.get(node, -1)
        if place >= ROUNDS_KEPT * self.length:
            yield node, left_out
        elif node not in self._ends:
            yield node, 0
            if left_out and (following is None or not self._is_kept(following)):
                length = self.left_out * self.length // left_out
                later = self.computed[self.first + place + length :: length]
                yield from zip(later[:left_out], count(1))

    def _is_kept(self, group: Group) -> bool:
        """Whether no member of a group comes after the last round."""
        return all(self.round_of(node) < ROUNDS_KEPT for node in group.members)

    def distances(self, groups: Sequence[Group]) -> set[int]:
        """How far apart the nodes are of the last two of those groups, one for each round, that are kept."""
        *_, earlier, own = None, None, *filter(self._is_kept, groups)
        if own is None or earlier is None:
            return {0}
        if isinstance(own, Turn) and isinstance(earlier, Turn):
            return {(own.turn - earlier.turn) * self.length}
        place, pairs = self._place, zip(earlier.members, own.members, strict=True)
        moved = [(place.get(a, -1), place[b]) for a, b in pairs if a is not b and b in place]  # and not a leaf
        return {b - a if a >= 0 else 0 for a, b in moved}

    def late(self, groups: Iterable[Group], until: int = ROUNDS_KEPT) -> set[int]:
        """Where members of groups stand in rounds of the later half, up to one."""
        nodes = [node for group in groups for node in group.members]
        return {self._place[n] % self.length for n in nodes if ROUNDS_KEPT // 2 <= self.round_of(n) < until}
