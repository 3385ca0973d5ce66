"""Formulas without the zeros and ones that rules have written.

Only literals of rules are simplified away, never a constant of the graph that happens to be 0 or 1: that is a formula
with a `value` and a `name`. What is left gives the same numbers in IEEE arithmetic, but for rounding and signs of 0.
"""

from collections.abc import Callable, Sequence

import numpy

from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.arrays import Arrays
from micrograd_bp.engine.numbers.formulas import Formula, evaluate


def simplified(formulas: Sequence[Formula]) -> list[Formula]:
    """The formulas, simplified; equal ones become one object."""
    done: dict[int, Formula] = {}
    equal: dict[object, Formula] = {}
    for formula in topological_order(*formulas):
        operands = tuple([done[id(operand)] for operand in formula.operands])
        simpler: Formula | None
        if formula.operation is None:
            simpler = formula
        elif formula.operation != "members" and operands and all(operand.value is not None for operand in operands):
            simpler = _folded(Formula(formula.operation, operands))
        else:
            simpler = _SIMPLER.get(formula.operation, _nothing_simpler)(*operands)
            if simpler is None:
                simpler = Formula(formula.operation, operands)
        key = (simpler.operation, simpler.name, repr(simpler.value), tuple(map(id, simpler.operands)))
        done[id(formula)] = equal.setdefault(key, simpler)
    return [done[id(formula)] for formula in formulas]


def product(a: Formula, b: Formula) -> Formula:
    """a·b, simplified."""
    simpler = _multiply(a, b)
    return Formula("multiply", (a, b)) if simpler is None else simpler


def is_written(formula: Formula, number: float) -> bool:
    """Whether a rule has written this number here."""
    return formula.value == number and not formula.name


def _folded(formula: Formula) -> Formula:
    """The number that a formula of numbers is. It counts as a constant if one of the graph's is in it."""
    with numpy.errstate(all="ignore"):
        (number,) = evaluate([formula], {}, Arrays(numpy), literal=numpy.float64)
    name = "constant" if any(operand.name for operand in formula.operands) else ""
    return Formula(value=float(number), name=name)


def _nothing_simpler(*_: Formula) -> None:
    return None


def _add(a: Formula, b: Formula) -> Formula | None:
    if is_written(a, 0.0):
        return b
    return a if is_written(b, 0.0) else None


def _subtract(a: Formula, b: Formula) -> Formula | None:
    return a if is_written(b, 0.0) else None


def _multiply(a: Formula, b: Formula) -> Formula | None:
    for one, other in ((a, b), (b, a)):
        if is_written(one, 1.0):
            return other
        if is_written(one, -1.0):
            return Formula("negative", (other,))
    if b.operation == "divide" and is_written(b.operands[0], 1.0):  # a * (1 / c)
        return Formula("divide", (a, b.operands[1]))
    return None


def _divide(a: Formula, b: Formula) -> Formula | None:
    return a if is_written(b, 1.0) else None


def _pow(a: Formula, b: Formula) -> Formula | None:
    """Small powers are products, which are many times as fast."""
    if is_written(b, 0.0):
        return Formula(value=1.0)
    if is_written(b, 1.0):
        return a
    if is_written(b, 2.0):
        return Formula("multiply", (a, a))
    if is_written(b, 3.0):
        return Formula("multiply", (Formula("multiply", (a, a)), a))
    return None


_SIMPLER: dict[str, Callable[..., Formula | None]] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "pow": _pow,
}
