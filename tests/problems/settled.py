"""Points where a graph may be compared: finite, and not so close to a jump that rounding decides.

A comparison of two numbers that differ in their last digits only falls this way in one program and that way in another,
and both are right. A tie is another matter: it must come out the same, and does where numbers are computed exactly, as
small multiples of 1/8 are by sums and products.
"""

import math
from functools import lru_cache
from typing import Any

from micrograd_bp import Value
from micrograd_bp.engine import topological_order
from micrograd_bp.engine.numbers.floats import floats
from micrograd_bp.engine.numbers.formulas import Formula, evaluate
from micrograd_bp.engine.operation import Operation

COMPARISONS = ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")
OF_TWO = (*COMPARISONS, "maximum", "minimum")
QUOTIENTS = ("remainder", "floor_divide", "fmod")
TO_INTEGERS = ("floor", "ceil", "trunc", "round", "floor_divide", "sign")
EXACT = (
    *OF_TWO,
    *QUOTIENTS,
    *TO_INTEGERS,
    "abs",
    "where",
    "add",
    "subtract",
    "multiply",
    "negative",
    "relu",
    "sum",
    "dot",
)

MARGIN = 1e-9
"""How far from a jump a number must be, relative to what is compared, and to 1 if that is less."""

LARGEST = 1e6
"""Beyond this, numbers and their derivatives are compared with a test of their own."""


def settled(*roots: Value) -> bool:
    """Whether the graph below `roots` is finite, and no rounding would change a choice in it."""
    exact: dict[Value, bool] = {}
    for node in topological_order(*roots):
        if not abs(node.data) < LARGEST or not all(abs(slope) < LARGEST for slope in node.local_derivatives):
            return False
        few_digits = (node.data * 2.0**20).is_integer()
        if node.operation is None:
            exact[node] = few_digits
            continue
        operands_exact = all(exact[operand] for operand in node.operands)
        may_tie = operands_exact or len(set(node.operands)) == 1
        for gap in gaps(node):
            if gap < MARGIN and not (gap == 0.0 and may_tie):
                return False
        name = node.operation.name
        exact[node] = few_digits and ((name in EXACT and operands_exact) or name in COMPARISONS or name in TO_INTEGERS)
    return True


def gaps(node: Value) -> list[float]:
    """How far each choice in the rule of a node's operation is from falling otherwise."""
    operation = node.operation
    if operation is None or not (formulas := choices(operation)):
        return []
    arranged = operation.arranged([operand.data for operand in node.operands])
    environment: dict[Formula, Any] = dict(zip(operation.trace.symbols.values(), arranged, strict=True))
    environment.update({symbol: operation.constants[name] for name, symbol in operation.trace.constants.items()})
    found: list[float] = []
    for formula in formulas:
        numbers = evaluate(formula.operands, environment, floats)
        n_rows = max([len(each) if isinstance(each, (list, tuple)) else 1 for each in numbers])
        for i in range(n_rows):
            row = [each[i] if isinstance(each, (list, tuple)) else each for each in numbers]
            found.append(_gap(str(formula.operation), *row))
    return found


def _gap(name: str, a: float, b: float = 0.0, _: float = 0.0) -> float:
    if name == "round":
        return abs(a - math.floor(a) - 0.5)
    if name in QUOTIENTS:
        return abs(a / b - round(a / b))
    if name in ("floor", "ceil", "trunc"):
        return abs(a - round(a))
    if name in OF_TWO:
        return 0.0 if a == b else abs(a - b) / max(1.0, abs(a), abs(b))
    return abs(a)  # `where`, `abs` and `sign` change at 0


@lru_cache(maxsize=1024)
def choices(operation: Operation) -> tuple[Formula, ...]:
    """The formulas in a rule, of its result and its derivatives, that jump or bend somewhere."""
    everything = topological_order(operation.trace.result, *operation.trace.derivatives.values())
    names = (*OF_TWO, *QUOTIENTS, *TO_INTEGERS, "abs", "where")
    found = [formula for formula in everything if formula.operation in names]
    # Where a comparison decides, it is the comparison that may be close.
    return tuple([each for each in found if each.operation != "where" or each.operands[0].operation not in COMPARISONS])


def ties(*roots: Value) -> int:
    """How many choices below `roots` are between equals."""
    return sum(gap == 0.0 for node in topological_order(*roots) for gap in gaps(node))


def largest_number(*roots: Value) -> float:
    """The largest number below `roots`."""
    return max([abs(node.data) if math.isfinite(node.data) else math.inf for node in topological_order(*roots)])
