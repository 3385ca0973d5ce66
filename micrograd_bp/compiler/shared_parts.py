"""Lines of their own for what several statements share, so that it is computed once."""

from collections import Counter
from dataclasses import replace

import numpy as np

from micrograd_bp.compiler.expression import Expression, variable
from micrograd_bp.compiler.names import RESERVED
from micrograd_bp.compiler.python_source import COMPARISONS
from micrograd_bp.compiler.routine import Routine, Statement
from micrograd_bp.engine.graph import topological_order

CHEAP = {"variable", "truth", "literal", "constant", "reshape", "transpose", "broadcast_to", "zeros_like", "empty_like"}
"""What may be written twice: it computes nothing."""

DEEPEST = 50
"""Expressions in parentheses inside of each other, at most."""


def shared_set_apart(routine: Routine) -> list[Statement]:
    """The statements, with a line of its own for what several of them use, or what is nested too deeply."""
    taken = {_name(statement) for statement in routine.statements}
    taken |= {*RESERVED, *(group.name for group in routine.inputs)}
    numbers: Counter[str] = Counter()
    uses: Counter[int] = Counter()
    seen: set[int] = set()
    for statement in routine.statements:
        for expression in topological_order(statement.value):
            if id(expression) not in seen:
                seen.add(id(expression))
                uses.update([id(operand) for operand in expression.operands])
    renamed: dict[int, Expression] = {}
    depths: dict[int, int] = {}
    statements: list[Statement] = []
    for statement in routine.statements:
        for expression in topological_order(statement.value, leave_out=renamed):
            operands = tuple([renamed.get(id(operand), operand) for operand in expression.operands])
            rewritten = Expression(expression.function, operands, expression.shape, expression.detail)
            rewritten = expression if operands == expression.operands else rewritten
            depth = 1 + max([depths.get(id(operand), 0) for operand in operands], default=0)
            is_root = expression is statement.value
            cheap = expression.function in CHEAP or (
                expression.function == "entries" and not isinstance(expression.detail, np.ndarray)
            )
            if not is_root and not cheap and (uses[id(expression)] > 1 or depth > DEEPEST):
                apart = variable(_part_of(_name(statement), taken, numbers), expression.shape)
                if expression.function in COMPARISONS:
                    apart.function = "truth"
                statements.append(Statement("set", apart, rewritten, statement.section))
                rewritten, depth = apart, 0
            renamed[id(expression)] = rewritten
            depths[id(rewritten)] = depth
        statements.append(replace(statement, value=renamed[id(statement.value)]))
    return statements


def _name(statement: Statement) -> str:
    named = statement.target.detail
    return named if isinstance(named, str) else str(named.name)


def _part_of(name: str, taken: set[str], numbers: Counter[str]) -> str:
    """A new name for a part of what is called `name`, of which the last one had the number in `numbers`."""
    part = f"{name}_part{numbers[name] or ''}"
    while part in taken:
        numbers[name] += 1
        part = f"{name}_part{numbers[name]}"
    taken.add(part)
    return part
