"""How sums of products lie as arrays: here n·m products of scalars become a matrix again."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.compiler.find.groups import (
    HOLE,
    Column,
    Constants,
    Entries,
    Entry,
    Group,
    Index,
    Lists,
    Matrix,
    OperationGroup,
    Parameters,
    SumGroup,
    Terms,
)
from micrograd_bp.compiler.find.sums import Term
from micrograd_bp.engine import Value


@dataclass(eq=False, slots=True)
class TermKind:
    """What the terms of one kind have in common: the sign, and the groups of their factors."""

    sign: float
    a: Group | None
    b: Group


class TermKinds(dict[tuple[float, Group, Group | None], tuple[bool, TermKind]]):
    """The kind of a sign and one factor or two, and whether the first of these is `b`, the left one."""

    def __missing__(self, key: tuple[float, Group, Group | None]) -> tuple[bool, TermKind]:
        """Finds out for factors that come for the first time."""
        sign, group, factor = key
        is_left = factor is None or _leftness(group) >= _leftness(factor)
        kind = TermKind(sign, factor, group) if is_left or factor is None else self[sign, factor, group][1]
        return self.setdefault(key, (is_left, kind))


Pairs = tuple[tuple[int, int], ...]
"""The terms of one kind in one sum, in order: the entry of `b`, and that of `a` or -1."""


class SumMember(NamedTuple):
    """A sum on its way into a group, with its terms by kind. Sums of the same kinds may go together."""

    node: Value
    terms: Mapping[TermKind, Pairs]

    def lefts(self, kind: TermKind) -> tuple[int, ...]:
        """The entries of `b` in its terms of a kind."""
        return tuple([left for left, _ in self.terms.get(kind, ())])

    def rights(self, kind: TermKind) -> tuple[int, ...]:
        """The entries of `a` in its terms of a kind."""
        return tuple([right for _, right in self.terms.get(kind, ())])

    def order_along(self, kind: TermKind) -> tuple[int, ...]:
        """What members stand in the order of: of queries, and not of keys, of which there are more."""
        if kind.b.is_constant:
            return ()
        is_fewer = kind.a is not None and not isinstance(kind.a, Parameters) and len(kind.a) < len(kind.b)
        return self.rights(kind) if is_fewer else self.lefts(kind)

    def with_joined(self, kind: TermKind, position: Mapping[Any, int]) -> "SumMember":
        """The same with all its terms of one kind, in which the entries of `a` have these positions."""
        terms = [(left, position[own.a, right]) for own, pairs in self.terms.items() for left, right in pairs]
        return SumMember(self.node, {kind: tuple(sorted(terms))})

    @property
    def alike(self) -> tuple[Hashable, Hashable]:
        """What sums that may go together have in common, and what those that compute the very same do."""
        return frozenset(self.terms), frozenset(self.terms.items())


def sum_member(node: Value, terms: Iterable[Term], place: Callable[[Value], Entry], kinds: TermKinds) -> SumMember:
    """A sum with its terms sorted by kind."""
    pairs_of: defaultdict[TermKind, list[tuple[int, int]]] = defaultdict(list)
    for sign, first, second in terms:
        group, entry = place(first)
        factor, factor_entry = (None, HOLE) if second is None else place(second)
        is_left, kind = kinds[sign, group, factor]
        pairs_of[kind].append((entry, factor_entry) if is_left else (factor_entry, entry))
    for kind in [kind for kind in pairs_of if isinstance(kind.a, Constants) and _is_pruned(kind.a, kind, pairs_of)]:
        del pairs_of[kind]
    for kind in [kind for kind in pairs_of if kind.a is None and isinstance(kind.b, Constants)]:
        pairs = pairs_of[kind]  # zeros add nothing: sums in sums begin with them, and beyond an edge there are some
        pairs[:] = [pair for pair in pairs if kind.b.members[pair[0]].data != 0.0] or pairs[: len(pairs_of) == 1]
        if not pairs:
            del pairs_of[kind]
    for kind, pairs in [(kind, pairs) for kind, pairs in pairs_of.items() if len(pairs) > 1]:
        pairs.sort(key=itemgetter(1, 0) if kind.b.is_constant else None)  # equal constants are one entry
    return SumMember(node, {kind: tuple(pairs) for kind, pairs in pairs_of.items()})


def _is_pruned(numbers: Constants, kind: TermKind, pairs_of: Mapping[TermKind, list[tuple[int, int]]]) -> bool:
    """Whether these are weights that were replaced by the constant 0, beside others that are parameters."""
    beside = any(isinstance(other.a, Parameters) and other.b is kind.b for other in pairs_of)
    return beside and all(numbers.members[entry].data == 0.0 for _, entry in pairs_of[kind])


def join_pruned_sums(alike: dict[Any, dict[Any, Any]]) -> None:
    """Sums that lack a term, such as a bias, which most of their like have, go with those.

    Args:
        alike: for each kind of members, the first one of each identity.
    """
    kinds = [kind for kind, members in alike.items() if isinstance(next(iter(members.values())), SumMember)]
    same_products: defaultdict[Any, list[Any]] = defaultdict(list)
    for kind in kinds if len(kinds) > 1 else ():
        products = [term for term in kind if not (term.a is None and isinstance(term.b, Parameters | Constants))]
        same_products[frozenset(products)].append(kind)
    for kinds in same_products.values():
        for kind in sorted(kinds, key=lambda kind: len(alike[kind])):
            for larger in kinds:
                if larger in alike and kind < larger and len(alike[kind]) < len(alike[larger]):
                    alike[larger].update(alike.pop(kind))
                    break


def join_weights(alike: defaultdict[Any, dict[Any, Any]], join: "Join") -> None:
    """Sums of the same inputs times weights of several groups, as of a triangle and of its diagonal, become alike.

    Args:
        alike: for each kind of members, the first one of each identity.
        join: makes a group of entries of several.
    """
    of_input: dict[tuple[float, Group], list[frozenset[TermKind]]] = {}
    for kinds, distinct in alike.items():
        if isinstance(next(iter(distinct.values())), SumMember):
            inputs = {(kind.sign, kind.b) for kind in kinds}
            if len(inputs) == 1 and all(kind.a is not None and not kind.a.batched for kind in kinds):
                of_input.setdefault(inputs.pop(), []).append(kinds)
    for (sign, b), several in [item for item in of_input.items() if len(item[1]) > 1]:
        members = [member for kinds in several for member in alike[kinds].values()]
        entries: dict[Group, set[int]] = {}
        for kind, pairs in [item for member in members for item in member.terms.items()]:
            entries.setdefault(kind.a, set()).update([right for _, right in pairs])
        places = ((a, right) for a, chosen in entries.items() for right in sorted(chosen))
        kind, position = TermKind(sign, next(iter(entries)), b), {place: n for n, place in enumerate(places)}
        joined = [member.with_joined(kind, position) for member in members]
        if any(len(member.lefts(kind)) > 1 for member in joined) and _blocks(joined, [kind], _inputs(joined, [kind])):
            kind.a = join(entries)[0]
            for kinds in several:
                del alike[kinds]
            for member in joined:
                alike[member.alike[0]][member.alike[1]] = member


def look(group: Group) -> Hashable:
    """What a group of sums or of operations computes, whatever other groups it reads."""
    kind = {each: (each.is_constant, each.batched) for each in group.sources}
    if isinstance(group, SumGroup):
        return frozenset([(part.sign, part.a and kind[part.a.group], kind[part.b.group]) for part in group.parts])
    return isinstance(group, OperationGroup) and group.operation.name, *[kind[each] for each in group.sources]


NONE = ((HOLE, HOLE),)
"""In place of a term that a sum lacks."""


def _leftness(group: Group) -> tuple[int, int, int]:
    """Sorts the factors of a product: the left one, `b`, is that which stands left in x·W."""
    kind = 3 if group.batched else 0 if isinstance(group, Parameters) else 1 if group.is_constant else 2
    return kind, len(group) if kind == 2 else 0, -group.number


DENSE = 0.5
"""From this share of weights, or terms, on that are there, an array with holes is better than several smaller ones."""

FEWEST_IN_A_BLOCK = 8
"""So many sums must several such matrices have on average: of fewer there would be too many small ones."""

MOST_LAYERS = 4
"""So many layers with the same inputs may each be asked for other rows: more are rather pieces of one."""


Join = Callable[[Mapping[Group, set[int]]], tuple[Group, dict[Entry, int]]]


def sum_groups(members: Sequence[SumMember], join: Join) -> list[Group]:
    """The groups that sums with terms of the same kinds make: one, if their terms fit one layout.

    Args:
        members: the sums. Some may lack kinds of terms that others have.
        join: makes a group of entries of several.
    """
    members = _with_joined_inputs(_with_shared_left(members), join)
    kinds = list(max(members, key=lambda member: len(member.terms)).terms)
    several = [kind for kind in kinds if any(len(member.terms.get(kind, ())) > 1 for member in members)]
    # A product in which both factors differ between samples is no matrix product: each sample has its own.
    multiplied = [kind for kind in several if kind.a is None or not (kind.a.batched and kind.b.batched)]
    multiplied = multiplied if any(kind.a is not None for kind in multiplied) else []
    kinds.sort(key=lambda kind: (kind not in multiplied, kind not in several))
    others = [kind for kind in several if kind not in multiplied]
    members = sorted(members, key=lambda member: [member.order_along(kind) for kind in kinds])
    parts = _with_like_counts(members, others) if others else [members]
    if not multiplied:
        return [_group(alike, kinds, {}) for alike in parts]
    return [group for alike in parts for group in _laid_out(alike, kinds, multiplied)]


def _laid_out(members: Sequence[SumMember], kinds: Sequence[TermKind], multiplied: Sequence[TermKind]) -> list[Group]:
    """Groups with matrix products for the kinds in `multiplied`, if rows and columns can be found for them."""
    rows = {member.node: tuple([member.lefts(kind) for kind in multiplied]) for member in members}
    columns = {member.node: tuple([member.rights(kind) for kind in multiplied]) for member in members}
    members = sorted(members, key=lambda member: (rows[member.node], columns[member.node]))
    n_rows, n_columns = len(set(rows.values())), len(set(columns.values()))
    if n_rows == 1 or len(members) == n_rows * n_columns == len({*zip(rows.values(), columns.values(), strict=True)}):
        return [_group(members, kinds, {kind: _matrix_part(members, kind, n_rows) for kind in multiplied}, n_rows)]
    for rows_share in (_inputs(members, multiplied), [[rows[member.node]] for member in members]):
        if blocks := _blocks(members, multiplied, rows_share):
            return [_group(block, kinds, matrices, n_rows) for block, matrices, n_rows in blocks]
    rows_of: defaultdict[Hashable, list[Hashable]] = defaultdict(list)
    for member in members:
        rows_of[columns[member.node]].append(rows[member.node])
    layers: defaultdict[Hashable, list[SumMember]] = defaultdict(list)
    for member in members:
        layers[tuple(rows_of[columns[member.node]])].append(member)
    most = min(MOST_LAYERS, len(members) / FEWEST_IN_A_BLOCK)
    if 1 < len(layers) <= most and None not in [kind.a for kind in multiplied]:
        return [group for layer in layers.values() for group in _laid_out(layer, kinds, multiplied)]
    return [_group(alike, kinds, {}) for alike in _with_like_counts(members, multiplied)]


def _with_shared_left(members: Sequence[SumMember]) -> Sequence[SumMember]:
    """Of two factors that are parameters, the one that all sums read stands left, as x does in x·W."""
    kinds = [kind for kind in members[0].terms if isinstance(kind.b, Parameters) and kind.a is not None]
    turned = {
        kind
        for kind in kinds
        if len({member.rights(kind) for member in members}) == 1 < len({member.lefts(kind) for member in members})
    }
    if not turned:
        return members

    def with_turned(member: SumMember) -> SumMember:
        pairs = {kind: tuple([(right, left) for left, right in member.terms[kind]]) for kind in turned}
        return member._replace(terms={**member.terms, **pairs})

    return [with_turned(member) for member in members]


def _with_joined_inputs(members: Sequence[SumMember], join: Join) -> Sequence[SumMember]:
    """One matrix where the weights of several groups of inputs follow one another among the parameters.

    So they do where a neuron has all these inputs. Weights that were made apart stay matrices of their own.
    """
    kinds = [kind for kind in members[0].terms if isinstance(kind.a, Parameters)]
    kinds = [kind for kind in kinds if not (kind.b.is_constant or isinstance(kind.b, Parameters))]
    kinds = [kind for kind in kinds if kind.sign == kinds[0].sign]
    if len(kinds) < 2 or any(kind not in member.terms for member in members for kind in kinds):
        return members
    for member in members:
        weights = sorted([weight for kind in kinds for _, weight in member.terms[kind]])
        if weights != list(range(weights[0], weights[0] + len(weights))):
            return members
    kinds.sort(key=lambda kind: members[0].terms[kind][0][1])
    entries = {kind.b: {left for member in members for left, _ in member.terms[kind]} for kind in kinds}
    joined, position = join(entries)
    merged = TermKind(kinds[0].sign, kinds[0].a, joined)

    def with_joined(member: SumMember) -> SumMember:
        pairs = [(position[kind.b, left], weight) for kind in kinds for left, weight in member.terms[kind]]
        others = {kind: pairs for kind, pairs in member.terms.items() if kind not in kinds}
        return SumMember(member.node, {merged: tuple(sorted(pairs)), **others})

    return [with_joined(member) for member in members]


def _inputs(members: Sequence[SumMember], kinds: Sequence[TermKind]) -> list[list[int]]:
    return [[len(kinds) * x + k for k, kind in enumerate(kinds) for x in member.lefts(kind)] for member in members]


def _blocks(
    members: Sequence[SumMember], kinds: Sequence[TermKind], rows_share: Sequence[Sequence[Hashable]]
) -> list[tuple[list[SumMember], dict[TermKind, Terms], int]]:
    """Members as matrices with holes: with something in common they stand in one row, with a weight in one column.

    Returns:
        Of each block the members, row by row, the matrices, and the number of rows; nothing where these do not fit.
    """
    if any(kind.a is None for kind in kinds):
        return []
    n = len(kinds)
    row_of = connected(rows_share)
    column_of = connected([[n * w + k for k, kind in enumerate(kinds) for w in one.rights(kind)] for one in members])
    places_of: dict[int, list[int]] = {}
    tagged = [[2 * row, 2 * column + 1] for row, column in zip(row_of, column_of, strict=True)]
    for place, number in enumerate(connected(tagged)):
        places_of.setdefault(number, []).append(place)
    if len(places_of) > 1 and len(members) < FEWEST_IN_A_BLOCK * len(places_of):
        return []
    blocks = []
    for places in places_of.values():
        n_rows = len({row_of[place] for place in places})
        if n_rows > 1:
            block = [members[place] for place in sorted(places, key=lambda place: (row_of[place], column_of[place]))]
        else:
            block = sorted([members[place] for place in places], key=lambda member: [*map(member.rights, kinds)])
        matrices = {kind: matrix for kind in kinds if (matrix := _with_holes(block, kind, n_rows)) is not None}
        if len(matrices) < len(kinds):
            return []
        blocks.append((block, matrices, n_rows))
    return blocks


def connected(lists: Sequence[Sequence[Hashable]]) -> list[int]:
    """A number for each list, the same for those that have an entry in common, directly or by way of others."""
    leader: dict[Hashable, Hashable] = {}

    def leader_of(entry: Hashable) -> Hashable:
        while (above := leader.setdefault(entry, entry)) != entry:
            leader[entry] = entry = leader[above]
        return entry

    for entries in lists:
        first = leader_of(entries[0])
        leader.update(dict.fromkeys(map(leader_of, entries), first))
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(leader_of(entries[0]), len(numbers)) for entries in lists]


def _with_holes(members: Sequence[SumMember], kind: TermKind, n_rows: int) -> Terms | None:
    """The inputs of each row, times one matrix; None if these do not fit.

    Zeros stand where a row lacks an input, as those of kernels that are moved over the edge of an image, each a column,
    and where a column lacks a weight.
    """
    n_columns, rest = divmod(len(members), n_rows)
    if rest:
        return None
    lefts, rights = ([dict[int, int]() for _ in range(extent)] for extent in (n_rows, n_columns))
    n_terms, length = sum([len(member.terms.get(kind, ())) for member in members]), 0
    for number, member in enumerate(members):
        # Each input of a row and each weight of a column stands at some k of Σₖ inputs[row, k]·matrix[k, column].
        inputs, weights = lefts[number // n_columns], rights[number % n_columns]
        for left, right in member.terms.get(kind, ()):
            k = inputs.get(left, weights.get(right, length))
            if inputs.setdefault(left, k) != k or weights.setdefault(right, k) != k:
                return None
            length += k == length
    if n_terms < DENSE * len(members) * max(length, 1):
        return None
    rows, columns = np.full((n_rows, length), HOLE), np.full((n_columns, length), HOLE)
    for line, entries in zip((*rows, *columns), (*lefts, *rights), strict=True):
        line[list(entries.values())] = list(entries)
    in_rows, in_columns = (rows != HOLE).sum(axis=0), (columns != HOLE).sum(axis=0)
    # Two may be at the same place, or one where the sum of its row and column has no such term.
    if in_rows.sum() + in_columns.sum() < sum(map(len, (*lefts, *rights))) or n_terms != in_rows @ in_columns:
        return None
    order = np.argsort(rows[0] if HOLE not in rows[0] else columns[0])
    return _part(Matrix, kind, rows[:, order], columns[:, order].T)


def _with_like_counts(members: Sequence[SumMember], kinds: Sequence[TermKind]) -> list[list[SumMember]]:
    """Members with equally many terms; all together where lists filled up to the longest are still dense."""
    alike: dict[tuple[int, ...], list[SumMember]] = {}
    for member in members:
        alike.setdefault(tuple([len(member.terms.get(kind, ())) for kind in kinds]), []).append(member)
    n_terms, longest = sum([sum(counts) * len(alike[counts]) for counts in alike]), map(max, zip(*alike, strict=True))
    return [list(members)] if n_terms >= DENSE * len(members) * sum(longest) else list(alike.values())


def _group(
    members: Sequence[SumMember], kinds: Sequence[TermKind], matrices: Mapping[TermKind, Terms], rows: int = 1
) -> Group:
    """A group of sums, with matrix products for some kinds, and entries or lists for the others."""
    columns = len(members) // rows
    parts: list[Terms] = []
    for kind in kinds:
        if kind in matrices:
            parts.append(matrices[kind])
        elif any(kind in member.terms for member in members):
            lists = [member.terms.get(kind, ()) for member in members]
            longest = max(map(len, lists))
            pairs = np.array([terms + NONE * (longest - len(terms)) for terms in lists], dtype=np.int64)
            layout, pairs = (Entries, pairs[:, 0]) if longest == 1 else (Lists, pairs)
            parts.append(_part(layout, kind, pairs[..., 0], pairs[..., 1]))
    return SumGroup(
        [member.node for member in members],
        batched=any(kind.b.batched or (kind.a is not None and kind.a.batched) for kind in kinds),
        parts=parts,
        rows=rows,
        columns=columns,
    )


def _matrix_part(members: Sequence[SumMember], kind: TermKind, rows: int) -> Terms:
    """Row r of the left index times column c of the right one; the first row and the first column tell both."""
    columns = len(members) // rows
    left = np.array([member.lefts(kind) for member in members[::columns]], dtype=np.int64)
    right = np.array([member.rights(kind) for member in members[:columns]], dtype=np.int64).T
    return _part(Matrix, kind, left, right)


def _part(layout: type[Terms], kind: TermKind, left: Index, right: Index) -> Terms:
    return layout(kind.sign, None if kind.a is None else Column(kind.a, right), Column(kind.b, left))
