"""Sums of products: which operations are one, and the terms of a node that is one.

Σ wᵢxᵢ + b may be written as one `dot`, or by hand as products and sums. Both have the same terms here, so that the
matrix in them is found either way. Whether an operation is a sum of products is read off its traced rule.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from typing import NamedTuple

from micrograd_bp.engine import Value
from micrograd_bp.engine.numbers.formulas import Formula
from micrograd_bp.engine.operation import Operation

Term = tuple[float, Value, Value | None]
"""A sign, and one factor or two."""


class RuleTerm(NamedTuple):
    """A term of a rule: a `sign`, and one operand or the product of two, by name; of groups, member by member."""

    sign: float
    first: str
    second: str | None


@lru_cache(maxsize=4096)
def rule_terms(operation: Operation) -> tuple[RuleTerm, ...] | None:
    """The rule as a sum of products of its operands; None if it is something else."""
    trace = operation.trace
    symbols = {id(symbol): name for name, symbol in trace.symbols.items()}
    terms: list[RuleTerm] = []
    stack: list[tuple[float, Formula]] = [(1.0, trace.result)]
    while stack:
        sign, formula = stack.pop()
        names = [symbols.get(id(operand)) for operand in map(_only_member, formula.operands)]
        if formula.value == 0.0:
            continue
        if id(formula) in symbols:
            terms.append(RuleTerm(sign, symbols[id(formula)], None))
        elif formula.operation in ("add", "subtract"):
            first, second = formula.operands
            stack += [(sign if formula.operation == "add" else -sign, second), (sign, first)]
        elif formula.operation == "negative":
            stack.append((-sign, formula.operands[0]))
        elif formula.operation == "sum" and len(names) == 1 and names[0] is not None:
            terms.append(RuleTerm(sign, names[0], None))
        elif formula.operation in ("multiply", "dot") and len(names) == 2 and names[0] is not None is not names[1]:
            terms.append(RuleTerm(sign, names[0], names[1]))
        else:
            return None
    factors = [name for term in terms for name in term[1:] if name is not None]
    if sorted(factors) != sorted(operation.operand_names) or not _derivatives_agree(operation, terms):
        return None
    return tuple(terms)


def _only_member(formula: Formula) -> Formula:
    return formula.operands[0] if formula.operation == "members" and len(formula.operands) == 1 else formula


def _derivatives_agree(operation: Operation, terms: Sequence[RuleTerm]) -> bool:
    """Whether the rule states the derivatives that such a sum has. A rule may be wrong, and must then be followed."""
    trace = operation.trace
    for sign, first, second in terms:
        for name, other in ((first, second), (second, first)):
            derivative = trace.derivatives.get(name) if name is not None else None
            if derivative is None:
                continue
            if other is None:
                if derivative.value != sign:
                    return False
                continue
            if sign < 0.0:
                if derivative.operation != "negative":
                    return False
                (derivative,) = derivative.operands
            if derivative is not trace.symbols[other]:
                return False
    return True


@lru_cache(maxsize=4096)
def operand_terms(operation: Operation, n_operands: int) -> list[tuple[float, int, int | None]] | None:
    """The terms of an operation, with the numbers of operands in place of these; None if it is no sum of products."""
    of_rule = rule_terms(operation)
    if of_rule is None:
        return None
    numbers = dict(zip(operation.operand_names, operation.arranged(range(n_operands)), strict=True))
    terms: list[tuple[float, int, int | None]] = []
    for sign, first, second in of_rule:
        a, b = numbers[first], numbers[second] if second is not None else None
        members = [a] if isinstance(a, int) else a
        factors = [b] * len(members) if b is None or isinstance(b, int) else b
        terms += [(sign, member, factor) for member, factor in zip(members, factors, strict=True)]
    return terms


def _terms_in_reverse(sign: float, node: Value) -> list[Term]:
    operands = node.operands
    assert node.operation is not None
    terms = operand_terms(node.operation, len(operands)) or []
    return [(sign * own, operands[a], None if b is None else operands[b]) for own, a, b in reversed(terms)]


def terms_of(node: Value, taken_apart: Set[Value]) -> Iterator[Term]:
    """The terms of a sum of products, with those of the sums that were taken apart into it."""
    stack = _terms_in_reverse(1.0, node)
    while stack:
        term = sign, a, b = stack.pop()
        if b is None and a in taken_apart:
            stack += _terms_in_reverse(sign, a)
        else:
            yield term


def sums_taken_apart(
    order: Sequence[Value], uses: Mapping[Value, int], kept: Collection[Value], batched: Collection[Value]
) -> set[Value]:
    """The sums that are used once, in another sum, of which their terms become terms.

    Args:
        order: the nodes that are computed, operands before results.
        uses: how often each of them is an operand.
        kept: nodes that are to stay nodes.
        batched: nodes that differ from sample to sample; of what does not, only products of leaves are mixed into what
            does, such as the first state of a recurrence times its weights.
    """
    sums: set[Value] = set()
    taken_apart: set[Value] = set()
    for node in order:
        assert node.operation is not None
        terms = operand_terms(node.operation, len(node.operands))
        if terms is None:
            continue
        sums.add(node)
        for part in [node.operands[a] for _, a, b in terms if b is None]:
            if part not in sums or uses[part] > 1 or part in kept:
                continue
            if (part in batched) == (node in batched) or _has_products_of_leaves(part, taken_apart):
                taken_apart.add(part)
    return taken_apart


def _has_products_of_leaves(node: Value, taken_apart: Set[Value]) -> bool:
    """Whether a sum, with those that were taken apart into it, is of leaves alone, some of which are multiplied."""
    terms = [[x for x in factors if x is not None] for _, *factors in terms_of(node, taken_apart)]
    return max(map(len, terms)) > 1 and not any(x.operands for factors in terms for x in factors)
