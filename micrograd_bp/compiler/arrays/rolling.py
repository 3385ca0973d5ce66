"""Finds loops: arrays that repeat with the same structure, each round reading what the round before made.

Two arrays of the same structure are taken for the same array of two rounds, one after the other. What they read then
belongs together in pairs too, which is followed back as far as it goes. Along each chain of pairs, what is read must be
the same in all rounds, carried over, or at places that move on. Rounds at the ends that differ stay as they are.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain as one_by_one
from itertools import product
from operator import or_
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.compiler.arrays.language import (
    Array,
    Shape,
    array,
    broadcast,
    broadcast_to,
    call,
    is_entrywise,
    key_of,
    literal,
    reshape,
    rewritten,
    scatter,
    take,
    total,
    variable,
)
from micrograd_bp.compiler.arrays.loops import Moving, at_round, numbers_at_round, of_round
from micrograd_bp.compiler.arrays.lowering import Lowered, operation_lowered, turn_lowered
from micrograd_bp.compiler.arrays.reading import shape_of, variable_of
from micrograd_bp.compiler.find.groups import HOLE, Group, Index, OperationGroup, SumGroup, Turn, View
from micrograd_bp.compiler.find.period import Period
from micrograd_bp.compiler.thresholds import CANDIDATES, FEWEST_ROUNDS, MOST_ODD_ROUNDS, MOST_PAIRS, ROUNDS_KEPT
from micrograd_bp.engine.graph import topological_order


class CarriedOver(NamedTuple):
    """A group of the round before, its group of this round, and what the first round reads in place of the former."""

    before: Group
    own: Group
    initial: Array


@dataclass(frozen=True, slots=True, eq=False)
class Rounds:
    """Arrays that repeat.

    Attributes:
        n: how many rounds there are.
        first: the number of the first one.
        body: the arrays of the last round, in order; what moves is read with `at_round`.
        carried: what a round takes over.
        groups: for each group of the body, those of all rounds.
        kept: what is to be read after the loop in place of an array of one of its rounds.
    """

    n: int
    first: int
    body: Sequence[Lowered]
    carried: Sequence[CarriedOver]
    groups: Mapping[Group, Sequence[Group]]
    kept: Mapping[Array, Array]


class Spelling(NamedTuple):
    """What an array is computed from, spelled out: the number of its structure, and what its leaves are, in order.

    A leaf is an array without operands, or a `take`, of which the index counts as one.
    """

    structure: int
    leaves: Sequence[Array]


Item = Lowered | Rounds


class NotStretchedError(ValueError):
    """No loop stands for rounds that were left out of a graph."""


def rolled(
    entries: Sequence[Lowered], results: Iterable[Array], *, keeps: bool = False, period: Period | None = None
) -> list[Item]:
    """The arrays of a program, with what repeats as rounds.

    Args:
        entries: the arrays, each after those it is computed from; views of the parameters may stand anywhere.
        results: what else is read of them.
        keeps: whether arrays of any round may be read after a loop, which then keeps them.
        period: of which most rounds are left out.

    Raises:
        NotStretchedError: the loop that stands for what was left out is not found.
    """
    if period is None and not _may_repeat([done.group for done in entries if not isinstance(done.group, View)]):
        return list(entries)
    read_at_the_end = set(groups_in(results))
    items: list[Item] = list(_in_parts(entries))
    while (with_rounds := _with_rounds(items, read_at_the_end, keeps, period)) is not None:
        items = with_rounds
    if period is not None:
        items = _with_ends(items, period)
    return list(_with_whole_sums(items)) if any(isinstance(item, Rounds) for item in items) else list(entries)


def _may_repeat(groups: Sequence[Group]) -> bool:
    """Whether there are enough groups that look alike, and one of these is computed from another; a quick look."""
    own = {group: (_kind_of(group), len(group)) for group in groups}
    reads = {group: [read if read in own else type(read) for read in group.sources] for group in groups}
    below, bits = dict[Group, int](), dict[int, int]()  # for each group, which looks stand below it
    for group, look in _looks(own, reads).items():
        bit = bits.setdefault(look, 1 << len(bits))
        looks_below = reduce(or_, [below.get(read, 0) for read in group.sources], 0)
        if looks_below & bit:
            return True
        below[group] = looks_below | bit
    return False


def _looks(own: Mapping[Group, Any], reads: Mapping[Group, Sequence[Any]]) -> dict[Group, int]:
    """Numbers for groups, the same for those that look the same as far down as rounds do, if these are enough.

    Each round reads what the one before made, so that with each step down one round less looks the same. What looks
    like no other is outside of the loop, and then the very same in all rounds.

    Args:
        own: what each group is by itself.
        reads: the groups that each of them reads, and other things.
    """
    n, kinds = len(own), dict[Any, int]()
    number: dict[Any, int] = {group: place for place, group in enumerate(own)}
    places = [[number.setdefault(each, len(number)) for each in reads[group]] for group in own]
    first, read = np.cumsum([0, *map(len, places)])[:n], np.fromiter(one_by_one.from_iterable(places), np.int64)
    itself = _spread(np.arange(len(number), dtype=np.uint64))
    looks, alike = itself.copy(), np.arange(len(number)) < n
    looks[:n] = itself[[kinds.setdefault(each, len(kinds)) for each in own.values()]]
    for step in range(FEWEST_ROUNDS - 1):
        if step:
            looks[:n] = _spread(looks[:n] + np.add.reduceat(np.where(alike, looks, itself)[read], first))
        ordered = np.sort(looks[alike])
        alike &= ordered.searchsorted(looks, "right") - ordered.searchsorted(looks, "left") >= FEWEST_ROUNDS - step
        if not alike.any():
            return {}
    return {group: look for group, look, is_alike in zip(own, looks.tolist(), alike.tolist(), strict=False) if is_alike}


def _spread(numbers: "np.ndarray[Any, np.dtype[np.uint64]]") -> "np.ndarray[Any, np.dtype[np.uint64]]":
    """Numbers of 64 bits of which different sums differ, but for one chance in billions."""
    numbers = (numbers + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    return (numbers ^ (numbers >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)


def _kind_of(group: Group) -> Any:
    """What groups have in common that compute alike: the operation, or that they are sums, or joined."""
    if isinstance(group, OperationGroup):
        return id(group.operation)
    return SumGroup if isinstance(group, RunningSum) else type(group)


def _spelled(done: Lowered, structures: dict[Any, int]) -> Spelling:
    roots = done.operands or [done.value]
    numbers: dict[Array, int] = {}
    words: list[Any] = []
    leaves: list[Array] = []
    for node in topological_order(*roots):
        operands = [numbers[operand] for operand in node.operands]
        numbers[node] = len(numbers)
        if node.function == "take" or not operands:
            leaves.append(node)
            words.append((node.detail.shape, *operands) if operands else None)
        else:
            shape = node.shape if node.function in ("reshape", "broadcast_to") else None
            extents = [] if is_entrywise(node.function) else [operand.shape[-1:] for operand in node.operands]
            words.append((node.function, key_of(node.detail), shape, *extents, *operands))
    structure = _kind_of(done.group), shape_of(done.group), tuple(words), tuple([numbers[root] for root in roots])
    return Spelling(structures.setdefault(structure, len(structures)), leaves)


def groups_in(arrays: Iterable[Array]) -> Iterator[Group]:
    """The groups of which variables, or what a loop keeps of them, are read in arrays."""
    for node in topological_order(*arrays):
        if node.function == "variable" and isinstance(group := getattr(node.detail, "of", node.detail), Group):
            yield group


def reads_of(item: Item) -> set[Group]:
    """The groups that something is computed from."""
    if isinstance(item, Lowered):
        return set(groups_in([item.value, *item.operands]))
    inner = set(item.groups) | {each.before for each in item.carried}
    reads = {group for done in item.body for group in reads_of(done)} - inner
    return reads | set(groups_in([each.initial for each in item.carried]))


# ---- sums


class RunningSum(Group):
    """The sum of some of the terms of another group."""


def _with_factors_of_one(terms: Sequence[tuple[str, Array]]) -> list[tuple[str, Array]]:
    """Terms of a sum with a factor where others like them have one, such as how often something was seen: some once."""
    seen = [x.operands for _, x in terms if x.function == "multiply" and _is_number(x.operands[0])]
    scaled = {x.detail.operation for _, x in seen if isinstance(x.detail, OperationGroup)}

    def lacks_one(x: Array) -> bool:
        return isinstance(x.detail, OperationGroup) and x.detail.operation in scaled

    return [(name, array("multiply", (literal(1.0), x), x.shape) if lacks_one(x) else x) for name, x in terms]


def _in_parts(entries: Sequence[Lowered]) -> Iterator[Lowered]:
    """The entries, with a long sum as one that grows term by term, and x + h·s - y after x + h·s, if there are more.

    So the last step of a recurrence looks like the others also where a target is subtracted from what it makes.
    """
    position = {done.group: number for number, done in enumerate(entries)}
    looks = Counter(_look(done.value) for done in entries if isinstance(done.group, SumGroup))
    for done in entries:
        start, terms = done.value, list[tuple[str, Array]]()
        while isinstance(done.group, SumGroup) and start.function in ("add", "subtract"):
            terms.append((start.function, start.operands[1]))
            start = start.operands[0]
        total, terms = done.value, terms[::-1]
        if len(terms) >= FEWEST_ROUNDS - 1:
            terms[:0] = [] if start.is_literal(0.0) else [("add", start)]
            terms = _with_factors_of_one(terms)
            # What is computed first is added first.
            terms.sort(key=lambda each: max([position.get(group, -1) for group in groups_in([each[1]])], default=-1))
            total = literal(0.0)
        elif terms and looks[_look(total)] == 1 and looks[_look(total.operands[0])] >= FEWEST_ROUNDS - 1:
            total, terms = total.operands[0], terms[-1:]
        else:
            terms = []
        for function, term in terms:
            if total.operands:
                part = RunningSum(done.group.members, done.group.batched)
                yield Lowered(part, total)
                total = variable_of(part)
            total = array(function, (total, term), shape_of(done.group))
        yield done._replace(value=total)


def _look(value: Array) -> tuple[Any, ...]:
    return value.function, value.shape, *[operand.function for operand in value.operands]


def _with_whole_sums(items: Sequence[Item]) -> Iterator[Item]:
    """The items, with sums whole again where they are in no loop."""
    inside: dict[Array, Array] = {}
    for item in items:
        whole = _computed_from(item, inside)
        if isinstance(whole, Lowered) and isinstance(whole.group, RunningSum):
            inside[variable_of(whole.group)] = whole.value
        else:
            yield whole


# ---- pairs of arrays, of two rounds one after the other


class _Entries:
    """The arrays that are in no loop yet, and how they look."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.lowered = {
            item.group: item for item in items if isinstance(item, Lowered) and not isinstance(item.group, View)
        }
        structures: dict[Any, int] = {}
        self.spelled = {group: _spelled(done, structures) for group, done in self.lowered.items()}
        self.leaf_groups = {
            group: [
                leaf.detail if leaf.function == "variable" and leaf.detail in self.lowered else None
                for leaf in spelled.leaves
            ]
            for group, spelled in self.spelled.items()
        }
        """The group at each leaf, None where there is another thing."""
        self.readers: defaultdict[Group, list[Group]] = defaultdict(list)
        for group, below in self.leaf_groups.items():
            for each in below:
                if each is not None:
                    self.readers[each].append(group)
        self.reads: dict[int, set[Group]] = {}
        for item in items:
            if isinstance(item, Rounds) or isinstance(item.group, View):
                self.reads[id(item)] = reads_of(item)
            else:
                names = [(x.operands[0] if x.operands else x).detail for x in self.spelled[item.group].leaves]
                self.reads[id(item)] = {x for name in names if isinstance(x := getattr(name, "of", name), Group)}

    def chains(self, last: Group, before: Group) -> tuple[list[dict[int, Group]], int]:
        """Groups by round, for all that two groups, taken for those of two rounds, are computed from.

        Returns:
            For each array of the body its group of each round, of which the last is 0; and how many pairs there are.
        """
        pairs: dict[Group, Group] = {}
        taken: set[Group] = set()
        round_of: dict[Group, int] = {}

        def is_new(group: Group, earlier: Group, number: int) -> bool:
            """Adds a pair, unless one of the two has another partner; `number` is the round if none is known."""
            if group in pairs or earlier in taken:
                return False
            pairs[group] = earlier
            taken.add(earlier)
            round_of.setdefault(earlier, round_of.setdefault(group, number) - 1)
            return True

        queue = deque([(last, before, 0)])
        while queue:
            group, earlier, number = queue.popleft()
            is_alike = self.spelled[group].structure == self.spelled[earlier].structure
            if is_alike and is_new(group, earlier, number):
                for each, other in zip(self.leaf_groups[group], self.leaf_groups[earlier], strict=True):
                    if each is not None and other is not None and each is not other:
                        queue.append((each, other, round_of.get(each, round_of[group])))
        # What reads something of these pairs, and of which nothing in them is computed, belongs to them too.
        readers = deque(pairs if len(pairs) >= FEWEST_ROUNDS else ())
        while readers:
            read = readers.popleft()
            for group, other in product(self.readers[read], self.readers[pairs[read]] if read in pairs else ()):
                if self._is_before(other, group, pairs) and is_new(group, other, round_of[read]):
                    readers += [group, other]
        chains = []
        for group in [group for group in pairs if group not in taken]:
            number = round_of[group]
            chain = {number: group}
            while group in pairs:
                group = pairs[group]
                chain[number := number - 1] = group
            if len(chain) >= FEWEST_ROUNDS:
                chains.append(chain)
        return chains, len(pairs)

    def _is_before(self, other: Group, group: Group, pairs: Mapping[Group, Group]) -> bool:
        """Whether one reads, in the round before, what another does; or is what this reads, as a sum of all rounds."""
        leaves = zip(self.leaf_groups[group], self.leaf_groups[other], strict=False)
        reads_it = [each is other or (each and pairs.get(each, each)) is before for each, before in leaves]
        return self.spelled[group].structure == self.spelled[other].structure and all(reads_it)


def _with_rounds(
    items: Sequence[Item], read_at_the_end: set[Group], keeps: bool, period: Period | None
) -> list[Item] | None:
    """The items with the loop that is found first, from the end; None if there is none."""
    entries = _Entries(items)
    structures = {group: spelled.structure for group, spelled in entries.spelled.items()}
    looks = _looks(structures, {group: [*below, None] for group, below in entries.leaf_groups.items()})
    alike: defaultdict[int, list[Group]] = defaultdict(list)
    for group, look in looks.items():
        alike[look].append(group)
    allowed = MOST_PAIRS * len(structures)
    for group in reversed(looks):
        earlier = alike[looks[group]]
        earlier.pop()  # the group itself
        for before in earlier[: -CANDIDATES - 1 : -1]:
            chains, n_pairs = entries.chains(group, before)
            allowed -= n_pairs
            alignment = _Alignment(entries, chains, keeps, period)
            if alignment.trim(items, read_at_the_end):
                return alignment.placed(items)
            if allowed < 0:
                return None
    return None


MOVING, SHOWN, NUMBERS = "moving", "shown", "numbers"
"""How a leaf may differ from round to round: in its places, in the parameters that it shows, or in its numbers."""

Row = tuple[Sequence[Array], Sequence[Any]]
"""What stands at a leaf of an array in each round, and a word for each of these: like ones have the same. That of an
array in a chain is that chain, and how many rounds before it was made."""


class _Alignment:
    """Chains of groups, one group for each round, and what they read."""

    def __init__(
        self, entries: _Entries, chains: Sequence[dict[int, Group]], keeps: bool, period: Period | None
    ) -> None:
        self.entries, self.keeps, self.period = entries, keeps, period
        self.chains = list(chains)
        self.first = self.last = self.odd = 0
        self.at: dict[Group, tuple[int, int]] = {}
        """The chain and the round of each group."""
        self.initials: dict[int, Array] = {}
        """For each chain that is carried over, what the first round reads in place of it."""
        self.table: list[list[Row]] = []
        """For each chain its leaves, in the rounds that are left."""
        self.after: set[int] = set()
        """The items that come after the loop."""

    # ---- which rounds

    def trim(self, items: Sequence[Item], read_at_the_end: set[Group]) -> bool:
        """Leaves out rounds at the ends until all are alike. Returns whether there are enough."""
        if not self.chains or not self._put_in_step():
            return False
        begin = self.first = max(min(chain) for chain in self.chains)
        self.last = min(max(chain) for chain in self.chains)
        if self.last - self.first + 1 < FEWEST_ROUNDS:
            return False
        table = [list(self._rows(chain)) for chain in self.chains]
        rounds = None
        while rounds != (self.first, self.last):
            rounds = self.first, self.last
            left = slice(self.first - begin, self.last - begin + 1)
            self.table = [[(leaves[left], words[left]) for leaves, words in rows] for rows in table]
            if not (self._read_alike() and self._keep_to_themselves(items, read_at_the_end)):
                return False
            if self.last - self.first + 1 < FEWEST_ROUNDS:
                return False
        return self._can_be_one(items)

    def _put_in_step(self) -> bool:
        """Numbers the rounds of each chain so that what it reads is of the same round, or of the one before."""
        at = self._numbered()
        tops = [(c, max(chain), self.entries.leaf_groups[chain[max(chain)]]) for c, chain in enumerate(self.chains)]
        lags = [(c, *at[group], top) for c, top, below in tops for group in below if group is not None and group in at]
        # A chain, another one that it reads, and how many rounds before that was made.
        reads = list(dict.fromkeys([(c, other, top - number) for c, other, number, top in lags]))
        for _ in range((len(self.chains) + 1) ** 2):
            other, lag = next(((other, lag) for _, other, lag in reads if lag not in (0, 1)), (0, 0))
            moving, rounds = ({other}, lag if lag < 0 else lag - 1) if lag else (_carrying_less(reads), 1)
            if not moving:
                self.at = self._numbered()
                return True
            for c in moving:
                self.chains[c] = {number + rounds: group for number, group in self.chains[c].items()}
            reads = [(c, other, lag + rounds * ((c in moving) - (other in moving))) for c, other, lag in reads]
        return False

    def _numbered(self) -> dict[Group, tuple[int, int]]:
        return {group: (c, number) for c, chain in enumerate(self.chains) for number, group in chain.items()}

    def _rows(self, chain: Mapping[int, Group]) -> Iterator[Row]:
        """The leaves of an array in all rounds; those of a turn are others in each."""
        numbers, spelled = range(self.first, self.last + 1), self.entries.spelled
        if isinstance(chain[self.last], Turn):
            return
        for leaves in zip(*[spelled[chain[number]].leaves for number in numbers], strict=True):
            shape = max([leaf.shape for leaf in leaves if _is_number(leaf)], key=len, default=())
            words = [self._word(leaf, leaves[-1], number, shape) for leaf, number in zip(leaves, numbers, strict=True)]
            yield leaves, words

    def _word(self, leaf: Array, last: Array, number: int, shape: Shape) -> Any:
        """The word of a leaf in a round, beside that of the last one; literals fit numbers of any shape."""
        if leaf.function == "take":
            source = last.operands[0]  # the first round may read what was there before
            is_outside = not source.operands and source.detail not in self.at
            is_entry = leaf.detail.size == 1 and self.at.get(leaf.operands[0].detail, (0, -1))[1] == number
            return MOVING if (is_outside or is_entry) and HOLE not in leaf.detail else leaf.detail.tobytes()
        if leaf.function == "variable" and leaf.detail in self.at:
            chain, own_round = self.at[leaf.detail]
            return chain, number - own_round
        if _is_view(leaf):
            return SHOWN, leaf.shape
        return (NUMBERS, leaf.shape or shape) if _is_number(leaf) else leaf

    def _read_alike(self) -> bool:
        """Leaves out rounds at the beginning that read other things, and odd ones at the end."""
        self.initials = {}
        for leaves, words in one_by_one.from_iterable(self.table):
            words = leaves if leaves[-2] is leaves[-1] and 2 * leaves.count(leaves[-1]) > len(leaves) else words
            word = words[-1]
            carried, lag = word if isinstance(word, tuple) and word[0] not in (SHOWN, NUMBERS) else (0, 0)
            if words[-2] != word or lag not in (0, 1):
                self.last -= 1
                self.odd += 1
                return self.odd <= MOST_ODD_ROUNDS
            unlike = max([place for place, other in enumerate(words) if other != word], default=-1)
            if unlike > 0 or (unlike == 0 and not lag):
                self.first += unlike + (0 if lag else 1)
                return True
            if lag:
                read, totals = leaves[-1].detail, self.period.totals if self.period is not None else ()
                is_total = isinstance(read, RunningSum) or read.members[0] in totals
                initial = _initial(leaves[0], leaves[-1], is_total=is_total)
                is_one = initial is not None and self.initials.setdefault(carried, initial) is initial
                if not is_one or any(map(self._is_inside, groups_in([leaves[0]]))):
                    self.first += 1
                    return True
        return True

    def _keep_to_themselves(self, items: Sequence[Item], read_at_the_end: set[Group]) -> bool:
        """Leaves out rounds of which something is read elsewhere: of the last one, what is carried on may be."""
        if self.keeps:
            return True
        read = [self.at[group] for group in read_at_the_end if group in self.at]
        for item in items:
            if isinstance(item, Rounds) or not self._is_inside(item.group):
                read += [self.at[group] for group in self.entries.reads[id(item)] if group in self.at]
        for chain, number in read:
            if number == self.last and chain not in self.initials:
                self.last -= 1
                return True
            if self.first <= number < self.last:
                if number - self.first < self.last - number:
                    self.first = number + 1
                else:
                    self.last = number
                return True
        return True

    def _is_inside(self, group: Group) -> bool:
        return group in self.at and self.first <= self.at[group][1] <= self.last

    def _can_be_one(self, items: Sequence[Item]) -> bool:
        """Finds the items that come after the loop. Returns whether the loop reads none of them."""
        self.after, written = set(), set[Group]()
        for item in items:
            reads = self.entries.reads[id(item)]
            is_after = not written.isdisjoint(reads)
            if isinstance(item, Lowered) and self._is_inside(item.group):
                if is_after:
                    return False
            elif is_after or any(map(self._is_inside, reads)):
                self.after.add(id(item))
                written |= set(item.groups) if isinstance(item, Rounds) else {item.group}
        return True

    # ---- the loop

    def placed(self, items: Sequence[Item]) -> list[Item]:
        """The items, with those of the loop as one."""
        outside = [item for item in items if isinstance(item, Rounds) or not self._is_inside(item.group)]
        read = [self.entries.reads[id(item)] for item in outside]
        rounds = self._rounds(set(groups_in(self.initials.values())).union(*read))
        before = [item for item in outside if id(item) not in self.after]
        after = [item for item in outside if id(item) in self.after]
        return [*before, rounds, *([_computed_from(item, rounds.kept) for item in after] if self.keeps else after)]

    def _rounds(self, read_outside: set[Group]) -> Rounds:
        last = {chain[self.last]: c for c, chain in enumerate(self.chains)}
        body: list[Lowered] = []
        offsets: Counter[int] = Counter()
        rounds = range(self.first, self.last + 1)
        left_out = self._left_out()
        n = len(rounds) + left_out
        groups: dict[Group, Sequence[Group]] = {}
        own_views: dict[tuple[Group, ...], Group] = {}
        ends = [(chain[self.first], chain[self.last]) for chain in self.chains]
        turns = {own: first.turn for first, own in ends if isinstance(first, Turn) and isinstance(own, Turn)}
        if turns.keys() & read_outside or any(last[group] in self.initials for group in turns):
            raise NotStretchedError
        for group, done in self.entries.lowered.items():
            if group not in last or group in turns:
                continue
            moving: dict[Array, Array] = {}
            for leaves, words in self.table[last[group]]:
                leaf, kind = leaves[-1], words[-1][0] if isinstance(words[-1], tuple) else words[-1]
                if leaves.count(leaf) == len(leaves):
                    continue
                turn = (*leaf.operands, leaf)[0].detail
                table = np.array([each.detail for each in leaves]) if kind == MOVING else np.zeros(1, np.int64)
                if isinstance(turn, Turn) and (leaf is variable_of(turn) or HOLE not in leaf.detail):
                    rows = turn.rows[turns[turn] :][:n, leaf.detail if leaf.operands else ...]
                    if turn.source is None:
                        moving[leaf] = numbers_at_round(rows.reshape(n, *leaf.shape))
                    else:
                        moving[leaf] = at_round(variable_of(turn.source), rows)
                        offsets.update(_offset(rows))
                elif left_out and (kind in (NUMBERS, SHOWN) or isinstance(turn, Turn) or (table != table[0]).any()):
                    raise NotStretchedError
                elif kind == MOVING:
                    is_inside = leaf.operands[0].detail in self.at
                    moving[leaf] = _looked_up(leaf, table) if is_inside else at_round(leaf.operands[0], table)
                    offsets.update(_offset(table))
                elif kind == NUMBERS:
                    numbers = [np.broadcast_to(each.detail, words[-1][1]) for each in leaves]
                    moving[leaf] = numbers_at_round(np.array(numbers, dtype=float))
                elif kind == SHOWN:
                    views = tuple([each.detail for each in leaves])
                    own = own_views.get(views, views[-1])
                    if views not in own_views:
                        if own in read_outside or own in groups:
                            own = View(own.members, False, own.column)
                        own_views[views], groups[own] = own, views
                        body.append(_moving_view(own, views))
                    moving[leaf] = variable(own, leaf.shape)
            groups[group] = [self.chains[last[group]][number] for number in rounds]
            body.append(_lowered_from(done, moving) if moving else done)
        carried = [
            CarriedOver(chain[self.last - 1], chain[self.last], self.initials[c])
            for c, chain in enumerate(self.chains)
            if c in self.initials
        ]
        first = offsets.most_common(1)[0][0] if offsets else 0
        kept = {
            variable_of(group): of_round(variable_of(own), number + left_out * (2 * number >= len(rounds)), n)
            for own, chain in (groups.items() if self.keeps else ())
            for number, group in enumerate(chain)
            if not isinstance(own, View) and (number < len(rounds) - 1 or own not in {each.own for each in carried})
        }
        return Rounds(n, first, body, carried, groups, kept)

    def _left_out(self) -> int:
        """How many rounds were left out of the graph, between the last one and what is read after it."""
        if self.period is None:
            return 0
        chains = [[chain[number] for number in range(self.first, self.last + 1)] for chain in self.chains]
        halves = [self.period.halves(*chain) for chain in chains]
        if not any(True in each for each in halves):
            return 0
        goes_on, n = halves == [{False, True}] * len(chains), self.period.length  # from the first rounds to the last
        length, *others = set().union(*map(self.period.distances, chains)) or {0}
        if not goes_on or others or n > (self.last - self.first) * length or n % length:
            raise NotStretchedError
        return self.period.left_out * n // length


def _carrying_less(reads: Sequence[tuple[int, int, int]]) -> set[int]:
    """Chains of which less has to be carried over if they move on by a round: x, and not what x + h·s is made of."""
    carried = {other: None for _, other, lag in reads if lag == 1}
    with_it = defaultdict[int, list[int]](list)
    """What has to move if a chain does, so that nothing is read too early or late, and nothing else is carried."""
    for chain, other, lag in reads:
        if lag == 0:
            with_it[other].append(chain)
        if lag == 1 or other not in carried:
            with_it[chain].append(other)
    for first in carried:
        moved, stack = {first}, [first]
        while stack:
            new = set(with_it[stack.pop()]) - moved
            moved |= new
            stack += new
        after = {o for c, o, lag in reads if lag + (c in moved) - (o in moved) == 1}
        if len(after) < len(carried):
            return moved
    return set()


def _computed_from(item: Item, others: Mapping[Array, Array]) -> Item:
    """An item that reads others in place of some arrays; of a loop, what it begins with."""
    if isinstance(item, Rounds):
        carried = [each._replace(initial=replaced([each.initial], others)[0]) for each in item.carried]
        return replace(item, carried=carried)
    return _lowered_from(item, others)


def _lowered_from(done: Lowered, others: Mapping[Array, Array]) -> Lowered:
    if not isinstance(done.group, OperationGroup):
        return done._replace(value=replaced([done.value], others)[0])
    operands = replaced(done.operands, others)
    return done if operands == list(done.operands) else operation_lowered(done.group, operands)


def replaced(arrays: Iterable[Array], others: Mapping[Array, Array]) -> list[Array]:
    """Arrays that read others in place of some; these may be rows in place of one number."""

    def rule(node: Array, operands: Sequence[Array]) -> Array | None:
        again = call(node.function, *operands) if operands and is_entrywise(node.function) else None
        return others.get(node, again)

    return rewritten(arrays, rule)


def _is_view(leaf: Array) -> bool:
    return leaf.function == "variable" and isinstance(leaf.detail, View)


def _is_number(leaf: Array) -> bool:
    return leaf.function in ("literal", "constant")


def _initial(leaf: Array, carried: Array, *, is_total: bool) -> Array | None:
    """What the first round reads, in the shape of what is carried over if it fits; a sum may begin with a number."""
    shape = carried.shape
    if shape and leaf.shape[-1:] > shape[-1:]:  # of which it reads, as of what is carried, the first entries
        leaf = take(leaf, np.arange(shape[-1]))
    if is_total and leaf.function == "literal":
        return leaf
    if _is_number(leaf) and not np.any(leaf.detail) and shape:
        return scatter((), shape)
    return broadcast_to(leaf, shape) if broadcast(leaf.shape, shape) == shape else None


def _offset(table: Index) -> list[int]:
    """The number of the first round for which places that move on evenly are multiples of it, if it is a small one."""
    step = Moving(table).step
    first, rest = divmod(int(table[0].min()), step) if step else (0, 1)
    return [first] if not rest and 0 <= first < FEWEST_ROUNDS else []


def _looked_up(entry: Array, table: Index) -> Array:
    """An entry of an array of the same round; where it moves to other places, as the sum of it and of zeros."""
    (whole,) = entry.operands
    if (table == table[0]).all():
        return entry
    is_it = (np.arange(whole.shape[-1]) == table.reshape(-1, 1)).astype(float)
    chosen = call("where", numbers_at_round(is_it), whole, literal(0.0))
    return reshape(total(chosen, [len(whole.shape) - 1]), entry.shape)


def _moving_view(own: Group, views: Sequence[View]) -> Lowered:
    """The parameters that are read as another view in each round."""
    table = np.array([view.column.index for view in views])
    read = at_round(variable("parameters", (len(views[-1].column.group),)), np.maximum(table, 0))
    if (is_there := table != HOLE).all():
        return Lowered(own, read)
    return Lowered(own, call("where", numbers_at_round(is_there.astype(float)), read, literal(0.0)))


def _with_ends(items: Sequence[Item], period: Period) -> list[Item]:
    """The items, of which those after the loops are of the last rounds of all, and read the leaves of these."""
    outside = {item.group: period.halves(item.group) for item in items if isinstance(item, Lowered)}
    inside = [item.groups.values() for item in items if isinstance(item, Rounds)]
    in_loops = period.late(one_by_one.from_iterable(one_by_one.from_iterable(inside)))
    if any(len(halves) > 1 for halves in outside.values()) or not period.late(outside, ROUNDS_KEPT - 1) <= in_loops:
        raise NotStretchedError
    return [
        turn_lowered(item.group, item.group.turn + period.left_out)
        if isinstance(item, Lowered) and isinstance(item.group, Turn) and outside[item.group] == {True}
        else item
        for item in items
    ]
