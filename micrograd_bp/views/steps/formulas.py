"""The formulas of one node in the names at hand and with its numbers in, read off the trace of its rule."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import cast

from micrograd_bp.engine import Operation, Value, topological_order
from micrograd_bp.engine.numbers.formulas import Formula, Formulas, evaluate
from micrograd_bp.engine.numbers.notation import Written, number
from micrograd_bp.engine.numbers.notation import write as write_formula
from micrograd_bp.views.names import Names
from micrograd_bp.views.steps.operand_names import operand_name, place_in_rule

LONGEST_NAME = 16
LONGEST_EXPRESSION = 24
FEW = 4
"""So many members of a group are written one by one."""

TERM_BY_TERM = frozenset(["sum", "dot"])
"""The operations on groups that are written as their terms: w₀·x₀ + w₁·x₁ + b."""

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class WrittenOut(Formulas):
    """Formulas in which a sum over a group is written term by term: the first ones, an ellipsis, the last one."""

    @staticmethod
    def sum(members: Sequence[Formula]) -> Formula:
        """x₀ + x₁ + … + xₙ."""
        return reduce(lambda total, term: total + term, _few(members)) if members else Formula(value=0.0)

    @staticmethod
    def dot(weights: Sequence[Formula], members: Sequence[Formula]) -> Formula:
        """w₀·x₀ + w₁·x₁ + … + wₙ·xₙ."""
        pairs = list(zip(_few(weights), _few(members), strict=True))
        return WrittenOut.sum([w if w is ELLIPSIS else w * x for w, x in pairs])


ELLIPSIS = Formula(name="…")


def _few(members: Sequence[Formula]) -> list[Formula]:
    if len(members) <= FEW:
        return list(members)
    return [*members[: FEW - 2], ELLIPSIS, members[-1]]


class Applied:
    """A rule on some symbols, one for each operand.

    Attributes:
        itself: the node as its operation on its operands.
        outcome: what the rule makes of them.
    """

    def __init__(self, operation: Operation, symbols: Sequence[Formula]) -> None:
        self.operation = operation
        self.trace = operation.trace
        self.symbols = symbols
        self._environment = operation.environment(operation.arranged(symbols))
        self.itself = self._itself()
        self.outcome = self._written_out(self.trace.result)

    def derivative(self, position: int) -> Formula:
        """The derivative along one operand. What it has from the node's own result is written as `itself`."""
        name, index = place_in_rule(self.operation, len(self.symbols), position)
        return self._written_out(self.trace.derivatives[name], index)

    def _itself(self) -> Formula:
        if self.operation.many:
            if self.operation.name in TERM_BY_TERM and len(self.symbols) <= 2 * FEW:
                return self._written_out(self.trace.result)
            # The generic member stands for all: Σᵢ wᵢ·xᵢ + b.
            operands = [
                Formula("members", (symbol,)) if name in self.operation.many else symbol
                for name, symbol in self.trace.symbols.items()
            ]
        else:
            operands = list(self.symbols)
        constants = [Formula(value=value) for value in self.operation.constants.values()]
        return Formula(self.operation.name, (*operands, *constants))

    def _written_out(self, formula: Formula, index: int | None = None) -> Formula:
        """A formula of the trace on these symbols; `index` picks the member of a group it is for."""
        environment = dict(self._environment)
        if index is not None and all(each.operation != "members" for each in topological_order(formula)):
            # Only this member is mentioned; a node may have a thousand others.
            environment = {
                symbol: held[index : index + 1] if isinstance(held, tuple) else held
                for symbol, held in environment.items()
            }
            index = 0
        if formula is not self.trace.result:
            environment[self.trace.result] = self.itself
        (outcome,) = evaluate([formula], environment, WrittenOut(), literal=lambda value: Formula(value=value))
        return outcome[index or 0] if isinstance(outcome, (list, tuple)) else outcome  # type: ignore[no-any-return]


class NodeFormulas(Applied):
    """What the rule of one node says about it.

    Its operands are called by their names if these are short, and else by the letters of the rule.
    """

    def __init__(self, node: Value, names: Names) -> None:
        assert node.operation is not None
        super().__init__(node.operation, self._symbols(node, names))
        self.node = node
        self._operands = dict(zip(self.symbols, node.operands, strict=True))

    @property
    def result(self) -> Written:
        """The forward pass, `tanh(n) = tanh(0.8814) = 0.7071`."""
        return _equal(
            write(self.itself),
            write(self.outcome),
            write(self.outcome, self._numbers(self.outcome)),
            _number(self.node.data),
        )

    def local_derivative(self, position: int, recorded: float) -> Written:
        """The derivative along one operand, `∂tanh(n)/∂n = 1 - tanh(n)² = 1 - 0.7071² = 0.5`.

        Args:
            position: which operand.
            recorded: what the forward pass has recorded, which ends the line.
        """
        formula = self.derivative(position)
        in_numbers = write(formula, {**self._numbers(formula), self.itself: self.node.data})
        return _equal(self._quotient(position), write(formula), in_numbers, _number(recorded))

    def local_derivative_in_names(self, position: int) -> Written:
        """The derivative along one operand without numbers, for a node whose numbers are no longer those recorded."""
        return _equal(self._quotient(position), write(self.derivative(position)))

    def mentions_itself(self, position: int) -> bool:
        """Whether the derivative along an operand is had from the node's own result."""
        name, _ = operand_name(self.node, position)
        return any(each is self.trace.result for each in topological_order(self.trace.derivatives[name]))

    def _quotient(self, position: int) -> Written:
        above, below = _in_parentheses(write(self.itself)), _in_parentheses(write(self.symbols[position]))
        return Written(f"∂{above.text}/∂{below.text}", rf"\frac{{\partial {above.latex}}}{{\partial {below.latex}}}")

    def _numbers(self, formula: Formula) -> dict[Formula, Formula | float]:
        """The numbers of the operands that a formula mentions, as they are now."""
        return {part: self._operands[part].data for part in topological_order(formula) if part in self._operands}

    @staticmethod
    def _symbols(node: Value, names: Names) -> list[Formula]:
        """A symbol for each operand; a new one each time, since x·x has two operands."""
        assert node.operation is not None
        if len(node.operands) <= 2 * FEW:
            symbols = [symbol_of(operand, names) for operand in node.operands]
            if all(symbol is not None for symbol in symbols):
                return cast(list[Formula], symbols)
        return [Formula(name=letter) for letter in letters(node.operation, len(node.operands))]


def letters(operation: Operation, n_operands: int) -> list[str]:
    """What a rule calls its operands, members of groups with their index."""
    places = [place_in_rule(operation, n_operands, position) for position in range(n_operands)]
    return [name if index is None else name + str(index).translate(SUBSCRIPTS) for name, index in places]


def symbol_of(value: Value, names: Names) -> Formula | None:
    """A symbol with the name of a value, or a short expression for a value that has none; None if both are long."""
    if value not in names.own and value.operation is not None:
        expression = _expression(value, names, depth=2)
        if expression is not None and len(write(expression).text) <= LONGEST_EXPRESSION:
            return expression
    name = names.word(value)
    return Formula(name=name) if len(name) <= LONGEST_NAME else None


def _expression(value: Value, names: Names, depth: int) -> Formula | None:
    operation = value.operation
    if value in names.own or operation is None:
        return Formula(name=names.word(value))
    if depth == 0 or operation.many or not operation.operand_names:
        return None
    operands = [_expression(operand, names, depth - 1) for operand in value.operands]
    if any(operand is None for operand in operands):
        return None
    constants = [Formula(value=constant) for constant in operation.constants.values()]
    return Formula(operation.name, (*cast(list[Formula], operands), *constants))


def write(formula: Formula, known: Mapping[Formula, Formula | float] | None = None) -> Written:
    """Writes a formula down; `a - 2·x` where a number put in would give `a + -2·x`, and x₁₂ with its index in LaTeX."""
    text, latex = write_formula(formula, known)
    if known:
        text, latex = text.replace(" + -", " - "), latex.replace(" + -", " - ")
    return Written(text, re.sub(r"\\mathrm\{(\w)([₀-₉]+)\}", lambda found: _with_index(*found.groups()), latex))


def _with_index(letter: str, index: str) -> str:
    return f"{letter}_{{{unicodedata.normalize('NFKC', index)}}}"


def _number(value: float) -> Written:
    return Written(number(value), number(value))


def _equal(*sides: Written) -> Written:
    """`a = b = c`, each side once where two beside each other look the same."""
    shown = [side for place, side in enumerate(sides) if place == 0 or side.text != sides[place - 1].text]
    return Written(" = ".join(side.text for side in shown), " = ".join(side.latex for side in shown))


def _in_parentheses(written: Written) -> Written:
    """A sum or a product as it stands behind a ∂."""
    depth = 0
    for character in written.text:
        depth += (character in "([") - (character in ")]")
        if depth == 0 and character in " ·-/":
            return Written(f"({written.text})", rf"\left({written.latex}\right)")
    return written
