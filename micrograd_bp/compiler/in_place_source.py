"""Statements as NumPy that makes few arrays: each line works on in the array of the line before it.

It computes what the plain source does, in the same order. A gradient along a view of the parameters is written where it
belongs at once; for z = x·W the product that gives dL/dW is taken as (dL/dz)ᵀ·x, which is how a neuron's weights lie.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from micrograd_bp.compiler.expression import Expression
from micrograd_bp.compiler.groups import HOLE
from micrograd_bp.compiler.python_source import COMPARISONS, OPERATORS, Writer, axes_text, name_of
from micrograd_bp.compiler.reading import is_repeated
from micrograd_bp.compiler.routine import GradientOf, Statement
from micrograd_bp.compiler.statement_text import statement_text
from micrograd_bp.engine.graph import topological_order

AUGMENTED = {"add", "subtract", "multiply", "divide"}
"""The operations of which Python has a form that works in place."""

COMMUTATIVE = {"add", "multiply"}


def in_place(
    statements: Sequence[Statement], results: Iterable[Expression], writer: Writer
) -> list[tuple[Statement, list[str]]]:
    """The lines for each statement. The flat gradient comes before the backward pass, which fills it.

    Args:
        statements: those of a routine.
        results: what it returns, which must stay.
        writer: writes expressions.
    """
    statements = _with_single_uses_inside(_with_total_of_terms(statements), list(results))
    starts = [statement for statement in statements if statement.target.detail == "gradient"]
    backward = next((place for place, each in enumerate(statements) if each.section == "backward"), len(statements))
    rest = [statement for statement in statements if statement not in starts]
    ordered = [*rest[:backward], *starts, *rest[backward:]]
    put_at_once = {
        statement.group: line
        for statement in ordered
        if statement.action == "set"
        and isinstance(statement.target.detail, GradientOf)
        and statement.group is not None
        and statement.group.kind == "view"
        and any(other.action == "put" and other.group is statement.group for other in ordered)
        and (line := _put_line(statement, writer)) is not None
    }
    written = []
    for statement in ordered:
        if statement.group not in put_at_once or statement.section in ("the parameters", "forward"):
            written.append((statement, _lines(statement, writer)))
        elif statement.action == "set":
            written.append((statement, [put_at_once[statement.group]]))
    return written


def _reads(values: Iterable[Expression]) -> Counter[Any]:
    """How many of some values read each variable."""
    return Counter(each.detail for value in values for each in topological_order(value) if each.function == "variable")


def _with_single_uses_inside(statements: Sequence[Statement], results: Sequence[Expression]) -> list[Statement]:
    """The statements without gradients that are read only once: they are computed where they are read."""
    reads = _reads([*(statement.value for statement in statements), *results])
    set_once = Counter(statement.target.detail for statement in statements)
    inside: dict[Any, Expression] = {}
    kept = []
    for statement in statements:
        value = _replaced(statement.value, inside)
        target = statement.target
        is_gradient = isinstance(target.detail, GradientOf) and target.detail.group.kind not in ("view", "input")
        is_read_once = reads[target.detail] == 1 and set_once[target.detail] == 1
        if is_gradient and is_read_once and value.function == "matmul":
            inside[target.detail] = value
            continue
        kept.append(Statement(statement.action, target, value, statement.section, statement.entries, statement.group))
    return kept


def _with_total_of_terms(statements: Sequence[Statement]) -> Sequence[Statement]:
    """The total over a batch of what is a sum for each sample, as the sum of totals: one array less for each term."""
    by_target = {statement.target.detail: statement for statement in statements if statement.action == "set"}
    reads = _reads(statement.value for statement in statements)
    for statement in statements:
        total = statement.value.operands[0] if statement.value.function == "divide" else statement.value
        loss = total.operands[0] if total.function == "sum" and not total.shape else None
        if statement.target.detail != "value" or loss is None or loss.function != "variable" or reads[loss.detail] != 1:
            continue
        summed = by_target.get(loss.detail)
        if summed is None or summed.value.function not in ("add", "subtract") or summed.value.shape[1:] != (1,):
            continue
        if any(term.shape != summed.value.shape for term in summed.value.operands):
            continue
        totals = tuple([_total(term) for term in summed.value.operands])
        mean = Expression("divide", (Expression(summed.value.function, totals), statement.value.operands[1]))
        replaced = Statement("set", statement.target, mean, statement.section)
        return [replaced if each is statement else each for each in statements if each is not summed]
    return statements


def _total(term: Expression) -> Expression:
    """The sum of all entries; of a sum over the entries of each sample, that of its entries."""
    if term.function == "sum" and term.detail == ((len(term.operands[0].shape) - 1,), True):
        term = term.operands[0]
    return Expression("sum", (term,), (), (tuple(range(len(term.shape))), False))


def _replaced(value: Expression, inside: Mapping[Any, Expression]) -> Expression:
    """An expression with other expressions in place of some variables."""
    new: dict[int, Expression] = {}
    for node in topological_order(value):
        if node.function == "variable" and node.detail in inside:
            new[id(node)] = inside[node.detail]
            continue
        operands = tuple([new[id(operand)] for operand in node.operands])
        same = all(a is b for a, b in zip(operands, node.operands, strict=True))
        new[id(node)] = node if same else Expression(node.function, operands, node.shape, node.detail)
    return new[id(value)]


def _lines(statement: Statement, writer: Writer) -> list[str]:
    if statement.action == "set" and statement.target.function == "variable" and statement.target.shape:
        return _worked_on(name_of(statement.target), statement.value, writer)
    return [statement_text(statement, writer)]


def _put_line(statement: Statement, writer: Writer) -> str | None:
    """The line that writes a gradient along a view to its place; None where that is no simple one."""
    (column,) = statement.target.detail.group.operands
    if (column.index == HOLE).any() or is_repeated(column.index.ravel()):
        return None
    place, value = writer.view("gradient", column.index, len(column.group)), statement.value
    if re.search(r"\[i\d+\]", place):  # an index makes a copy, in which nothing would arrive
        return None
    is_transposed = place.endswith(".T")
    place = place.removesuffix(".T")
    if value.function == "matmul" and is_transposed:
        left, right = (_transposed(operand, writer) for operand in value.operands)
        return f"np.matmul({right}, {left}, out={place})"
    if value.function == "matmul":
        return f"np.matmul({', '.join(writer.text(operand) for operand in value.operands)}, out={place})"
    if value.function == "sum" and value.shape and not value.detail[1]:
        return f"{writer.factor(value.operands[0])}.sum(axis={axes_text(value.detail[0])}, out={place})"
    if place.endswith(")") or place == "gradient":
        place += "[:]"
    return f"{place} = {writer.factor(value)}.T" if is_transposed else f"{place} = {writer.text(value)}"


def _transposed(matrix: Expression, writer: Writer) -> str:
    return writer.text(matrix.operands[0]) if matrix.function == "transpose" else f"{writer.factor(matrix)}.T"


def _worked_on(name: str, value: Expression, writer: Writer) -> list[str]:
    """Lines that compute an array step by step in one place."""
    chain = [value]  # from the result down to what is computed first
    while (below := _to_work_on(chain[-1], value)) is not None:
        chain.append(below)
    first = chain.pop()
    lines = [f"{name} = {writer.text(first)}"]
    for expression in reversed(chain):
        below = first
        others = [operand for operand in expression.operands if operand is not below]
        first = expression
        if expression.function == "multiply" and others and others[0].function in (*COMPARISONS, "truth"):
            lines.append(f"{name} *= {writer.truth(others[0])}")
        elif not others:  # a function of one array
            lines.append(f"{writer.function(expression.function)}({name}, out={name})")
        elif expression.function in (AUGMENTED if expression.operands[0] is below else COMMUTATIVE):
            lines.append(f"{name} {OPERATORS[expression.function][0]}= {writer.text(others[0])}")
        else:
            operands = [name if operand is below else writer.text(operand) for operand in expression.operands]
            lines.append(f"{writer.function(expression.function)}({', '.join(operands)}, out={name})")
    return lines


def _to_work_on(expression: Expression, result: Expression) -> Expression | None:
    """The operand of an entry-by-entry operation in whose array the result can be computed."""
    if expression.function in NOT_ENTRY_BY_ENTRY or expression.function in COMPARISONS:
        return None
    fitting = [operand for operand in expression.operands if _is_new(operand) and operand.shape == result.shape]
    return fitting[0] if fitting else None


NOT_ENTRY_BY_ENTRY = {
    *("variable", "truth", "literal", "constant", "view", "entries", "reshape", "transpose", "broadcast_to"),
    *("matmul", "outer", "sum", "max", "concatenate", "zeros_like", "empty_like", "where", "finite", "erf", "erfc"),
}


def _is_new(operand: Expression) -> bool:
    """Whether an operand is an array that was computed just for this, and may be overwritten."""
    return operand.function == "matmul" or operand.function not in (*NOT_ENTRY_BY_ENTRY, *COMPARISONS)
