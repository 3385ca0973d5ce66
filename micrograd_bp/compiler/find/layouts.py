"""How sums of products lie as arrays: here n·m products of scalars become a matrix again."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
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
    Parameters,
    Part,
    SumGroup,
)
from micrograd_bp.compiler.find.sums import Term
from micrograd_bp.engine import Value


class TermKind(NamedTuple):
    """What the terms of one kind have in common: the sign, and the groups of their factors."""

    sign: float
    a: Group | None
    b: Group


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

    @property
    def alike(self) -> tuple[Hashable, Hashable]:
        """What sums that may go together have in common, and what those that compute the very same do."""
        return frozenset(self.terms), frozenset(self.terms.items())


def sum_member(node: Value, terms: Iterable[Term], place: Mapping[Value, Entry]) -> SumMember:
    """A sum with its terms sorted by kind."""
    pairs_of: dict[TermKind, list[tuple[int, int]]] = {}
    known: dict[tuple[float, Group, Group | None], tuple[bool, list[tuple[int, int]]]] = {}
    for sign, first, second in terms:
        group, entry = place[first]
        factor, factor_entry = (None, HOLE) if second is None else place[second]
        key = sign, group, factor
        if key not in known:  # most terms are of a kind that is known
            is_left = factor is None or (_leftness(group), -group.number) >= (_leftness(factor), -factor.number)
            kind = TermKind(sign, factor, group) if is_left or factor is None else TermKind(sign, group, factor)
            known[key] = is_left, pairs_of.setdefault(kind, [])
        is_left, pairs = known[key]
        if group is factor:
            is_left = entry <= factor_entry
        pairs.append((entry, factor_entry) if is_left else (factor_entry, entry))
    kept = {kind: pairs for kind, pairs in pairs_of.items() if not _is_pruned(kind, pairs, pairs_of)}
    return SumMember(node, {kind: tuple(sorted(pairs)) for kind, pairs in kept.items()})


def _is_pruned(kind: TermKind, pairs: list[tuple[int, int]], kinds: Collection[TermKind]) -> bool:
    """Whether these are weights that were replaced by the constant 0, beside others that are parameters."""
    if not isinstance(kind.a, Constants):
        return False
    beside = any(isinstance(other.a, Parameters) and other.b is kind.b for other in kinds)
    return beside and all(kind.a.members[entry].data == 0.0 for _, entry in pairs)


def join_pruned_sums(alike: dict[Any, dict[Any, list[Any]]]) -> None:
    """Sums that lack a term, such as a bias, which most of their like have, go with those.

    Args:
        alike: for each kind of members, the members of each identity.
    """
    kinds = [kind for kind, twins in alike.items() if isinstance(next(iter(twins.values()))[0], SumMember)]
    for kind in sorted(kinds, key=lambda kind: len(alike[kind])):
        for larger in kinds:
            if (
                larger in alike
                and kind < larger
                and len(alike[kind]) < len(alike[larger])
                and all(term.a is None and isinstance(term.b, Parameters) for term in larger - kind)
            ):
                alike[larger].update(alike.pop(kind))
                break


NONE = ((HOLE, HOLE),)
"""In place of a term that a sum lacks."""


def _leftness(group: Group) -> int:
    """Sorts the factors of a product: the left one, `b`, is that which stands left in x·W."""
    if group.batched:
        return 3
    return 0 if isinstance(group, Parameters) else 1 if isinstance(group, Constants) else 2


DENSE = 0.5
"""From this share of weights on that are there, a matrix with holes is better than smaller matrices."""


Join = Callable[[Mapping[Group, set[int]]], tuple[Group, dict[Entry, int]]]


def sum_groups(members: Sequence[SumMember], join: Join) -> list[Group]:
    """The groups that sums with terms of the same kinds make: one, if their terms fit one layout.

    Args:
        members: the sums. Some may lack kinds of terms that others have.
        join: makes a group of entries of several.
    """
    members = _with_joined_inputs(members, join)
    kinds: list[TermKind] = max([list(member.terms) for member in members], key=len)
    several = [kind for kind in kinds if any(len(member.terms.get(kind, ())) > 1 for member in members)]
    # A product in which both factors differ between samples is no matrix product: each sample has its own.
    multiplied = [kind for kind in several if kind.a is None or not (kind.a.batched and kind.b.batched)]
    kinds.sort(key=lambda kind: (kind not in multiplied, kind not in several))
    others = [kind for kind in several if kind not in multiplied]
    groups: list[Group] = []
    for alike in _with_equal_counts(members, others):
        groups += _laid_out(alike, kinds, multiplied) if multiplied else [_group(alike, kinds, [])]
    return groups


def _laid_out(members: Sequence[SumMember], kinds: Sequence[TermKind], multiplied: Sequence[TermKind]) -> list[Group]:
    """Groups with matrix products for the kinds in `multiplied`, if rows and columns can be found for them."""
    rows = {member.node: tuple([member.lefts(kind) for kind in multiplied]) for member in members}
    columns = {member.node: tuple([member.rights(kind) for kind in multiplied]) for member in members}
    members = sorted(members, key=lambda member: (rows[member.node], columns[member.node]))
    distinct_rows, distinct_columns = set(rows.values()), set(columns.values())
    if len(distinct_rows) == 1:
        return [_group(members, kinds, multiplied)]
    if (
        len(members)
        == len(distinct_rows) * len(distinct_columns)
        == len(set(zip(rows.values(), columns.values(), strict=True)))
    ):
        return [_group(members, kinds, multiplied, len(distinct_rows))]
    if _has_few_holes(members, multiplied):
        members.sort(key=lambda member: columns[member.node])
        return [_group(members, kinds, multiplied)]
    if len(members) >= 2 * len(distinct_rows):
        same_row: dict[Hashable, list[SumMember]] = {}
        for member in members:
            same_row.setdefault(rows[member.node], []).append(member)
        return [_group(alike, kinds, multiplied) for alike in same_row.values()]
    return [_group(alike, kinds, []) for alike in _with_equal_counts(members, multiplied)]


def _with_joined_inputs(members: Sequence[SumMember], join: Join) -> Sequence[SumMember]:
    """One matrix where the weights of several groups of inputs follow one another among the parameters.

    So they do where a neuron has all these inputs. Weights that were made apart stay matrices of their own.
    """
    kinds = [kind for kind in members[0].terms if isinstance(kind.a, Parameters)]
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


def _has_few_holes(members: Sequence[SumMember], kinds: Sequence[TermKind]) -> bool:
    """Whether the inputs of the members are so nearly the same that one matrix with zeros in it serves all."""
    for kind in kinds:
        lists = [member.lefts(kind) for member in members]
        union = set().union(*lists)
        if any(len(set(entries)) < len(entries) for entries in lists):
            return False
        if kind.a is None or sum(map(len, lists)) < DENSE * len(lists) * len(union):
            return False
    return True


def _with_equal_counts(members: Sequence[SumMember], kinds: Sequence[TermKind]) -> list[list[SumMember]]:
    alike: dict[Hashable, list[SumMember]] = {}
    for member in members:
        alike.setdefault(tuple([len(member.terms.get(kind, ())) for kind in kinds]), []).append(member)
    return list(alike.values())


def _group(
    members: Sequence[SumMember], kinds: Sequence[TermKind], multiplied: Sequence[TermKind], rows: int = 1
) -> Group:
    """A group of sums, with matrix products for the kinds in `multiplied`. Members that stand in rows are sorted."""
    columns = len(members) // rows
    parts: list[Part] = []
    for kind in kinds:
        if kind in multiplied:
            parts.append(_matrix_part(members, kind, rows))
            continue
        lists = [member.terms.get(kind, NONE) for member in members]
        if all(pairs is NONE for pairs in lists):
            continue
        pairs = np.array(lists, dtype=np.int64)
        if pairs.shape[1] == 1:
            parts.append(_part(Entries, kind, pairs[:, 0, 0], pairs[:, 0, 1]))
        else:
            parts.append(_part(Lists, kind, pairs[:, :, 0], pairs[:, :, 1]))
    return SumGroup(
        [member.node for member in members],
        batched=any(kind.b.batched or (kind.a is not None and kind.a.batched) for kind in kinds),
        parts=parts,
        rows=rows,
        columns=columns,
    )


def _matrix_part(members: Sequence[SumMember], kind: TermKind, rows: int) -> Part:
    """Row r of the left index times column c of the right one; the first row and the first column tell both."""
    columns = len(members) // rows
    lists = [member.lefts(kind) for member in members[::columns]]
    if rows == 1 and any(member.lefts(kind) != lists[0] for member in members):
        return _with_holes(members, kind, sorted(set().union(*[member.lefts(kind) for member in members])))
    left = np.array(lists, dtype=np.int64)
    right = np.array([member.rights(kind) for member in members[:columns]], dtype=np.int64).T
    return _part(Matrix, kind, left, right)


def _with_holes(members: Sequence[SumMember], kind: TermKind, entries: Sequence[int]) -> Part:
    position = {entry: row for row, entry in enumerate(entries)}
    right = np.full((len(entries), len(members)), HOLE, dtype=np.int64)
    for column, member in enumerate(members):
        for entry, weight in member.terms[kind]:
            right[position[entry], column] = weight
    return _part(Matrix, kind, np.array([entries], dtype=np.int64), right)


def _part(layout: type[Part], kind: TermKind, left: Index, right: Index) -> Part:
    return layout(kind.sign, None if kind.a is None else Column(kind.a, right), Column(kind.b, left))
