"""Statements as NumPy that makes few arrays: each line works on in the array of the line before it.

It computes what the plain source does, in the same order. A gradient along a view of the parameters is written where it
belongs at once; for z = x·W the product that gives dL/dW is taken as (dL/dz)ᵀ·x, which is how a neuron's weights lie.
With many samples a product lies column by column in memory: BLAS is faster so, and so are sums over neurons or samples.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from micrograd_bp.compiler.expression import BATCH, Expression
from micrograd_bp.compiler.groups import HOLE, Index
from micrograd_bp.compiler.python_source import (
    ATOM,
    COMPARISONS,
    OPERATORS,
    Writer,
    axes_text,
    is_lacking,
)
from micrograd_bp.compiler.reading import is_repeated
from micrograd_bp.compiler.routine import GradientOf, Statement
from micrograd_bp.compiler.statement_text import statement_text
from micrograd_bp.engine.graph import topological_order

AUGMENTED = {"add", "subtract", "multiply", "divide"}
"""The operations of which Python has a form that works in place."""

COMMUTATIVE = {"add", "multiply"}

MANY_SAMPLES = 64
"""From so many samples on, products with an axis of samples lie column by column."""


class InPlaceWriter(Writer):
    """Writes expressions; a product with an axis of samples is a call that says how its result lies in memory.

    Attributes:
        order_line: says what `order` is; "" as long as nothing that was written asks for it.
    """

    def _written(self, node: Expression, operands: list[tuple[str, int]]) -> tuple[str, int]:
        np, order = self.library, self.constants.free("order")
        if is_ordered(node):
            self._ask_for_order()
            return f"{np}.matmul({operands[0][0]}, {operands[1][0]}, order={order})", ATOM
        if node.function == "zeros_like" and node.shape[:1] == (BATCH,):
            self._ask_for_order()
            return f"{np}.zeros({self.extents(node.shape)}, parameters.dtype, {order})", ATOM
        if node.function == "vecdot":
            return f"{np}.vecdot({operands[0][0]}, {operands[1][0]})[:, None]", ATOM
        return super()._written(node, operands)

    def _ask_for_order(self) -> None:
        free = self.constants.free
        self.order_line = f'{free("order")} = "F" if {free("batch")} >= {MANY_SAMPLES} else "C"'

    def view(self, name: str, index: Index, size: int) -> str:
        """As for any writer; a single parameter too is a view, which follows when the parameter changes."""
        text = super().view(name, index, size)
        return f"{name}[{int(index)}, ...]" if index.ndim == 0 and name == "parameters" else text


def is_ordered(expression: Expression) -> bool:
    """Whether it is a matrix with a row for each sample, made by a product."""
    shape = expression.shape
    return expression.function == "matmul" and len(shape) == 2 and shape[0] == BATCH and shape[1] > 1


def in_place(
    statements: Sequence[Statement], results: Iterable[Expression], writer: Writer
) -> list[tuple[Statement, list[str]]]:
    """The lines for each statement. The flat gradient comes before the backward pass, which fills it.

    Args:
        statements: those of a routine.
        results: what it returns, which must stay.
        writer: writes expressions.
    """
    statements = _with_signs_of_results(_with_row_products(statements))
    statements = _with_single_uses_inside(statements, list(results))
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
        if statement.group not in put_at_once or not statement.is_backward:
            written.append((statement, _lines(statement, writer)))
        elif statement.action == "set":
            written.append((statement, [put_at_once[statement.group]]))
    return written


def _reads(values: Iterable[Expression]) -> Counter[Any]:
    """How often some values read each variable; z·z reads z twice."""
    reads: Counter[Any] = Counter()
    for value in values:
        places = [value, *(operand for each in topological_order(value) for operand in each.operands)]
        reads.update(each.detail for each in places if each.function == "variable")
    return reads


def _with_single_uses_inside(statements: Sequence[Statement], results: Sequence[Expression]) -> list[Statement]:
    """The statements without products that are read only once: they are computed where they are read."""
    reads = _reads([*(statement.value for statement in statements), *results])
    worked_on = {
        operand.detail
        for statement in statements
        if statement.action == "set" and _is_entry_by_entry(statement.value)
        for operand in statement.value.operands
        if operand.function == "variable" and operand.shape == statement.value.shape
    }
    set_once = Counter(statement.target.detail for statement in statements)
    inside: dict[Any, Expression] = {}
    kept = []
    for statement in statements:
        value = _replaced(
            statement.value, lambda node: inside.get(node.detail) if node.function == "variable" else None
        )
        target = statement.target
        if isinstance(target.detail, GradientOf):
            is_for_reader = value.function == "matmul" and target.detail.group.kind not in ("view", "input")
        else:
            is_for_reader = target.detail in worked_on and _begins_with_product(value)
        if is_for_reader and reads[target.detail] == 1 and set_once[target.detail] == 1:
            inside[target.detail] = value
            continue
        kept.append(replace(statement, value=value))
    return kept


def _begins_with_product(value: Expression) -> bool:
    """Whether it is a product of matrices, or that with a bias."""
    return value.function == "matmul" or (value.function == "add" and value.operands[0].function == "matmul")


def _with_signs_of_results(statements: Sequence[Statement]) -> list[Statement]:
    """For a = max(z, 0), what comes after asks a > 0 in place of z > 0, so that a can be computed in the array of z."""
    zero_or_more: dict[Any, Expression] = {}

    def sign_of_result(node: Expression) -> Expression | None:
        if node.function != "greater" or not _has_zero_beside_variable(node):
            return None
        result = zero_or_more.get(node.operands[0].detail)
        return None if result is None else Expression("greater", (result, node.operands[1]), node.shape)

    changed = []
    for statement in statements:
        value = _replaced(statement.value, sign_of_result)
        changed.append(replace(statement, value=value))
        if statement.action == "set" and value.function == "maximum" and _has_zero_beside_variable(value):
            zero_or_more[value.operands[0].detail] = statement.target
    return changed


def _with_row_products(statements: Sequence[Statement]) -> list[Statement]:
    """The sum of x·y over the entries of each sample as a product of rows, without an array of all x·y."""

    def row_product(node: Expression) -> Expression | None:
        if node.function != "sum" or node.detail != ((1,), True) or node.operands[0].function != "multiply":
            return None
        (product,) = node.operands
        fits = all(each.function == "variable" and each.shape == product.shape for each in product.operands)
        return Expression("vecdot", product.operands, node.shape) if fits else None

    return [replace(each, value=_replaced(each.value, row_product)) for each in statements]


def _has_zero_beside_variable(node: Expression) -> bool:
    return node.operands[0].function == "variable" and node.operands[1].is_literal(0.0)


def _replaced(value: Expression, replacement: Callable[[Expression], Expression | None]) -> Expression:
    """An expression with other parts where `replacement` gives some."""
    new: dict[int, Expression] = {}
    for node in topological_order(value):
        other = replacement(node)
        if other is None:
            operands = tuple([new[id(operand)] for operand in node.operands])
            same = all(a is b for a, b in zip(operands, node.operands, strict=True))
            other = node if same else Expression(node.function, operands, node.shape, node.detail)
        new[id(node)] = other
    return new[id(value)]


def _lines(statement: Statement, writer: Writer) -> list[str]:
    if statement.action == "set" and statement.target.function == "variable" and statement.target.shape:
        return _worked_on(writer.name(statement.target), statement.value, writer)
    return [statement_text(statement, writer)]


def _put_line(statement: Statement, writer: Writer) -> str | None:
    """The line that writes a gradient along a view to its place; None where that is no simple one."""
    (column,) = statement.target.detail.group.operands
    if (column.index == HOLE).any() or is_repeated(column.index.ravel()):
        return None
    gradient, np = writer.constants.free("gradient"), writer.library
    place, value = writer.view(gradient, column.index, len(column.group)), statement.value
    if re.search(r"\[i\d+\]", place):  # an index makes a copy, in which nothing would arrive
        return None
    is_transposed = place.endswith(".T")
    place = place.removesuffix(".T")
    if value.function == "matmul" and is_transposed:
        left, right = (_transposed(operand, writer) for operand in value.operands)
        return f"{np}.matmul({right}, {left}, out={place})"
    if value.function == "matmul":
        return f"{np}.matmul({', '.join(writer.text(operand) for operand in value.operands)}, out={place})"
    if value.function == "sum" and value.shape and not value.detail[1]:
        return f"{writer.factor(value.operands[0])}.sum(axis={axes_text(value.detail[0])}, out={place})"
    if place.endswith(")") or place == gradient:
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
        elif len(expression.operands) == 1:
            lines.append(f"{writer.function(expression.function)}({name}, out={name})")
        elif expression.function in (AUGMENTED if expression.operands[0] is below else COMMUTATIVE):
            lines.append(f"{name} {OPERATORS[expression.function][0]}= {writer.text(others[0])}")
        else:
            operands = [name if operand is below else writer.text(operand) for operand in expression.operands]
            lines.append(f"{writer.function(expression.function)}({', '.join(operands)}, out={name})")
    return lines


def _to_work_on(expression: Expression, result: Expression) -> Expression | None:
    """The operand of an entry-by-entry operation in whose array the result can be computed."""
    if not _is_entry_by_entry(expression):
        return None
    fitting = [operand for operand in expression.operands if _is_new(operand) and operand.shape == result.shape]
    return fitting[0] if fitting else None


NOT_ENTRY_BY_ENTRY = {
    *("variable", "truth", "literal", "constant", "view", "entries", "reshape", "transpose", "broadcast_to"),
    *("matmul", "outer", "sum", "max", "vecdot", "concatenate", "zeros_like", "empty_like", "where", "finite"),
}


def _is_entry_by_entry(expression: Expression) -> bool:
    """Whether NumPy has a function or an operator for it that can write into an array which is there."""
    function = expression.function
    return not (function in NOT_ENTRY_BY_ENTRY or function in COMPARISONS or is_lacking(function))


def _is_new(operand: Expression) -> bool:
    """Whether an operand is an array that was computed just for this, and may be overwritten."""
    return operand.function == "matmul" or _is_entry_by_entry(operand)
