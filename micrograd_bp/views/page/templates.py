"""The formulas of a rule as text with open places, which the page fills with names and with numbers."""

from typing import Any

from micrograd_bp.engine import Operation
from micrograd_bp.engine.numbers.formulas import Formula
from micrograd_bp.engine.numbers.notation import template
from micrograd_bp.views.steps.formulas import Applied, letters

NODE = "y"
"""The open place for the node's own number, in a derivative that is had from it."""


def templates(operation: Operation, n_operands: int) -> dict[str, Any]:
    """What a rule on so many operands says, with a place for each operand, by its number.

    Returns:
        `letters`, what the rule calls its operands; `itself`, the operation written on them; `result`; and `along` each
        operand the derivative in names and, where that differs, with a place for the node's own number.
    """
    symbols = [Formula(name=str(place)) for place in range(n_operands)]
    applied, slots = Applied(operation, symbols), {symbol: symbol.name for symbol in symbols}
    along = []
    for position in range(n_operands):
        derivative = applied.derivative(position)
        in_names, in_numbers = template(derivative, slots)[0], template(derivative, {**slots, applied.itself: NODE})[0]
        along.append([in_names] if in_names == in_numbers else [in_names, in_numbers])
    return {
        "letters": letters(operation, n_operands),
        "itself": template(applied.itself, slots)[0],
        "result": template(applied.outcome, slots)[0],
        "along": along,
    }
