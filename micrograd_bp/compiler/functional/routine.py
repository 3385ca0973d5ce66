"""Routines without statements that change an array in place, for libraries whose arrays never change."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd_bp.compiler.blocks import Block
from micrograd_bp.compiler.expression import (
    BATCH_SIZE,
    Expression,
    broadcast_to,
    call,
    literal,
    reshape,
)
from micrograd_bp.compiler.functional.functions import ArrayFunctions
from micrograd_bp.compiler.functional.slices import placed, taken, view
from micrograd_bp.compiler.groups import HOLE, Index
from micrograd_bp.compiler.routine import Routine, Statement
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.formulas import OPERATORS

OF_ARRAYS = {"broadcast_to", "reshape", "concatenate", "entries", "sum", "max", "matmul", "transpose", "outer"}
"""Functions whose operands must be arrays; the others take plain numbers too, beside an array."""


def functional(routine: Routine) -> Routine:
    """The same routine, in which each variable is set once, from arrays that stay as they are."""
    rewrite = _Rewriting()
    gathered: list[tuple[Statement, list[Statement]]] = []
    for statement in routine.statements:
        if statement.action == "set":
            gathered.append((statement, []))
        else:  # it changes what has just been set
            gathered[-1][1].append(statement)
    statements = [
        Statement("set", start.target, rewrite.whole(_after(start, changes)), start.section, group=start.group)
        for start, changes in gathered
    ]
    results = {name: rewrite.whole(result) for name, result in routine.results.items()}
    return Routine(routine.name, routine.inputs, statements, results)


def _after(start: Statement, changes: Sequence[Statement]) -> Expression:
    """What a variable holds after all changes."""
    *lead, size = start.target.shape or (1,)
    value: Expression | None = start.value
    if start.value.function == "empty_like" or (start.value.function == "zeros_like" and changes):
        value = None
    parts: dict[bytes, tuple[Expression, Index]] = {}
    for change in changes:
        if change.action == "add" and change.entries is None:
            whole = broadcast_to(change.value, start.target.shape)
            value = whole if value is None else call("add", value, whole)
            continue
        if isinstance(change.entries, Block):
            which, part = change.entries.places, change.entries.flat(change.value, tuple(lead))
        elif change.action == "add":
            which = np.atleast_1d(np.arange(size)[change.entries])
            part = broadcast_to(change.value, (*lead, len(which)))
        else:
            part, which = _put(change)
        before, _ = parts.get(which.tobytes(), (literal(0.0), which))
        parts[which.tobytes()] = call("add", before, part), which
    if parts:
        together = reshape(placed(list(parts.values()), size, tuple(lead)), start.target.shape)
        value = together if value is None else call("add", value, together)
    return broadcast_to(literal(0.0), start.target.shape) if value is None else value


def _put(change: Statement) -> tuple[Expression, Index]:
    """The gradient along a view as a flat array, and the parameters that it belongs to."""
    assert change.group is not None
    index = change.group.operands[0].index.ravel()
    flat, kept = reshape(change.value, (len(index),)), np.flatnonzero(index != HOLE)
    return (flat, index) if len(kept) == len(index) else (taken(flat, kept), index[kept])


class _Rewriting:
    """Expressions with views as slices, with plain numbers computed, and made arrays where there must be one."""

    def __init__(self) -> None:
        self._done: dict[int, Expression] = {}
        self._kept: list[Expression] = []  # so that no id is used twice

    def whole(self, expression: Expression) -> Expression:
        """A whole statement's value, which is an array."""
        self._kept.append(expression)
        for node in topological_order(expression, leave_out=self._done):
            self._done[id(node)] = self._rewritten(node, [self._done[id(operand)] for operand in node.operands])
        return _as_array(self._done[id(expression)])

    def _rewritten(self, node: Expression, operands: list[Expression]) -> Expression:
        if node.function == "view":
            return view(operands[0], node.detail)
        if node.function == "zeros_like":
            return broadcast_to(_as_array(literal(0.0)), node.shape)
        if node.function in OF_ARRAYS:
            operands = [_as_array(operand) for operand in operands]
        elif operands and all(operand.function == "literal" for operand in operands):
            return literal(computed(node.function, [operand.detail for operand in operands]))
        elif all(map(_is_plain, operands)):
            operands = [_as_array(operand) if operand is BATCH_SIZE else operand for operand in operands]
        if all(one is other for one, other in zip(operands, node.operands, strict=True)):
            return node
        if node.function in OF_ARRAYS:
            return Expression(node.function, tuple(operands), node.shape, node.detail)
        return call(node.function, *operands)


def _is_plain(expression: Expression) -> bool:
    """Whether it is a plain number, in Python's own arithmetic."""
    return expression.function == "literal" or expression is BATCH_SIZE


def _as_array(expression: Expression) -> Expression:
    return Expression("array", (expression,)) if _is_plain(expression) else expression


def computed(function: str, operands: Sequence[Any]) -> float:
    """What a function gives for plain numbers, in IEEE arithmetic."""
    if function in OPERATORS:
        compute, operands = OPERATORS[function], [np.float64(number) for number in operands]
    else:
        compute = getattr(ArrayFunctions(np), function)
    with np.errstate(all="ignore"):
        return float(compute(*operands))
