"""A rule as data: what it writes down when it runs on symbols.

Text, LaTeX, derivative graphs and compiled programs are all read off this trace, so that no formula is ever written
down a second time.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import is_
from typing import Any, NamedTuple

from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.floats import floats
from micrograd_bp.engine.numbers.formulas import PYTHON_POWER, Formula, Formulas, GroupSymbol, as_formula, evaluate


class Trace(NamedTuple):
    """A rule as data.

    Attributes:
        symbols: the rule's operands by name; a group is represented by its generic member.
        constants: the rule's keyword-only arguments by name.
        result: the formula of the result. Where a derivative contains this very object, it means the node.
        derivatives: the formula of the local derivative along each operand, by the operand's name.
    """

    symbols: dict[str, Formula]
    constants: dict[str, Formula]
    result: Formula
    derivatives: dict[str, Formula]

    @property
    def may_be_complex(self) -> bool:
        """Whether the rule takes a power with Python's own operator."""
        return any(each.name == PYTHON_POWER for each in topological_order(self.result, *self.derivatives.values()))

    def mentions(self, name: str) -> bool:
        """Whether the rule uses the operation or the function of that name."""
        return any(each.operation == name for each in topological_order(self.result, *self.derivatives.values()))


def trace(
    rule: Callable[..., Any],
    operands: Sequence[str],
    *,
    many: Sequence[str] = (),
    constants: Sequence[str] = (),
    left_out: int = 0,
) -> Trace:
    """Runs `rule` on symbols.

    Args:
        rule: the function of a table entry.
        operands: the names of its operands, in order.
        many: those among them that are groups.
        constants: the names of its keyword-only arguments.
        left_out: how many optional operands at the end are not given.

    Raises:
        TypeError: the rule branches, leaves `xp`, or does not return `result, (derivative, …)`.
    """
    arguments = [GroupSymbol(name) if name in many else Formula(name=name) for name in operands]
    constant_symbols = {name: Formula(name=name) for name in constants}
    outcome = rule(Formulas(), *arguments, **constant_symbols)
    if not (isinstance(outcome, tuple) and len(outcome) == 2 and isinstance(outcome[1], (tuple, list))):
        raise TypeError("a rule returns its result and a tuple of local derivatives: return y, (dy_dx,)")
    result, derivatives = outcome
    if len(derivatives) != len(operands) + left_out:
        raise TypeError(
            f"a rule returns one local derivative for each operand: "
            f"{len(operands) + left_out} expected, {len(derivatives)} given"
        )
    written = as_formula(result)
    if written.indexed or written.operation == "members":
        raise TypeError("a rule gives one number: sum over a group with xp.sum([… for each in x])")
    for name, derivative in zip(operands, derivatives, strict=False):
        if name not in many and isinstance(derivative, (GroupSymbol, list, tuple)):
            raise TypeError(f"the derivative along {name} is one number, got a list")
    return Trace(
        symbols={
            name: argument.member if isinstance(argument, GroupSymbol) else argument
            for name, argument in zip(operands, arguments, strict=True)
        },
        constants=constant_symbols,
        result=written,
        derivatives={name: _generic(derivative) for name, derivative in zip(operands, derivatives, strict=False)},
    )


def bind_constants(traced: Trace, constants: Mapping[str, float]) -> Trace:
    """The trace with numbers in place of its constants, and arithmetic on these numbers done: 3·x² for n·xⁿ⁻¹."""
    bound: dict[int, Formula] = {id(traced.constants[name]): Formula(value=value) for name, value in constants.items()}
    for formula in topological_order(traced.result, *traced.derivatives.values(), leave_out=bound):
        operands = tuple(bound[id(operand)] for operand in formula.operands)
        if all(map(is_, operands, formula.operands)):
            bound[id(formula)] = formula
        elif all(operand.value is not None for operand in operands):
            bound[id(formula)] = _folded(Formula(formula.operation, operands))
        else:
            bound[id(formula)] = Formula(formula.operation, operands, indexed=formula.indexed)
    return Trace(
        symbols=traced.symbols,
        constants={},
        result=bound[id(traced.result)],
        derivatives={name: bound[id(derivative)] for name, derivative in traced.derivatives.items()},
    )


def _folded(formula: Formula) -> Formula:
    """The number that a formula of numbers is; the formula itself where there is none, for whoever evaluates it."""
    try:
        return Formula(value=evaluate([formula], {}, floats)[0])
    except (ValueError, ArithmeticError):
        return formula


def _generic(derivative: Any) -> Formula:
    """A derivative as the rule gave it; of a group's derivatives the one generic member."""
    if isinstance(derivative, (GroupSymbol, list, tuple)):
        (derivative,) = derivative
    return as_formula(derivative)
