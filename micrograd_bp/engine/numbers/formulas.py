"""Symbols that only write themselves down: what a rule is traced on, and how what it wrote is evaluated.

A group of operands (the `w` and `x` of `dot`) is traced with one generic member each: iterating over the symbol
`w` gives just `wᵢ`, and whatever the rule builds from it stands for every i.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.floats import is_primitive
from micrograd_bp.engine.numbers.namespace import RULES, Namespace


class Formula:
    """A number of a trace: a symbol, a literal, or an operation on other formulas.

    Attributes:
        operation: the name of the operation that made it; None for a symbol or a literal.
        operands: the formulas it was made from.
        name: what a symbol is called; "" for everything else.
        value: the number that a literal holds; None for everything else.
        indexed: whether it stands for one number per member of a group.
    """

    __slots__ = ("indexed", "name", "operands", "operation", "value")

    def __init__(
        self,
        operation: str | None = None,
        operands: tuple["Formula", ...] = (),
        *,
        name: str = "",
        value: float | None = None,
        indexed: bool = False,
    ) -> None:
        self.operation = operation
        self.operands = operands
        self.name = name
        self.value = value
        self.indexed = indexed

    def __add__(self, other: "Operand") -> "Formula":
        return call("add", self, other)

    def __radd__(self, other: "Operand") -> "Formula":
        return call("add", other, self)

    def __sub__(self, other: "Operand") -> "Formula":
        return call("subtract", self, other)

    def __rsub__(self, other: "Operand") -> "Formula":
        return call("subtract", other, self)

    def __mul__(self, other: "Operand") -> "Formula":
        return call("multiply", self, other)

    def __rmul__(self, other: "Operand") -> "Formula":
        return call("multiply", other, self)

    def __truediv__(self, other: "Operand") -> "Formula":
        return call("divide", self, other)

    def __rtruediv__(self, other: "Operand") -> "Formula":
        return call("divide", other, self)

    def __mod__(self, other: "Operand") -> "Formula":
        return call("remainder", self, other)

    def __rmod__(self, other: "Operand") -> "Formula":
        return call("remainder", other, self)

    def __floordiv__(self, other: "Operand") -> "Formula":
        return call("floor_divide", self, other)

    def __rfloordiv__(self, other: "Operand") -> "Formula":
        return call("floor_divide", other, self)

    def __pow__(self, other: "Operand") -> "Formula":
        return call("pow", self, other, name=PYTHON_POWER)

    def __rpow__(self, other: "Operand") -> "Formula":
        return call("pow", other, self, name=PYTHON_POWER)

    def __neg__(self) -> "Formula":
        return call("negative", self)

    def __pos__(self) -> "Formula":
        return self

    def __abs__(self) -> "Formula":
        return call("abs", self)

    def _refuse_choice(self, *_: object) -> NoReturn:
        raise TypeError(
            "a rule is arithmetic without branches: write a choice as xp.where(xp.greater(a, b), …, …), "
            "so that it can be differentiated and compiled"
        )

    __bool__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse_choice
    __eq__ = __ne__ = _refuse_choice  # equality too is a choice here
    __hash__ = object.__hash__

    def _refuse_float(self) -> NoReturn:
        raise TypeError("a rule takes its functions from xp: write xp.exp(x), not math.exp(x)")

    __float__ = __int__ = __index__ = _refuse_float

    def __len__(self) -> NoReturn:
        raise TypeError(
            "a rule does not ask how many operands it has; one derivative given for a group of operands "
            "holds for each of them"
        )

    def __iter__(self) -> Iterator["Formula"]:
        raise TypeError(f"{self.name or 'this'} is one number; name it in many=(…) to make it a group")


Operand = Formula | float


class GroupSymbol(Formula):
    """The symbol of a group of operands. Iterating gives its one generic member."""

    __slots__ = ("member",)

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self.member = Formula(name=name, indexed=True)

    def __iter__(self) -> Iterator[Formula]:
        return iter((self.member,))


def as_formula(operand: Any) -> Formula:
    """A number, a formula, or a list of members of a group, as a formula."""
    if isinstance(operand, GroupSymbol):
        return as_formula([operand.member])
    if isinstance(operand, Formula):
        return operand
    if isinstance(operand, (list, tuple)):  # the members of a group, for an operation like sum
        members = tuple(as_formula(member) for member in operand)
        return Formula("members", members)
    return Formula(value=float(operand))


PYTHON_POWER = "**"
"""Names a power that a rule takes with Python's own operator, which may give a complex number; `xp.pow` does not."""


def call(operation: str, *operands: Any, name: str = "") -> Formula:
    """The formula of an operation on formulas, numbers and lists of them."""
    formulas = tuple(as_formula(operand) for operand in operands)
    # A list of members ends the index: Σᵢ wᵢxᵢ is one number, though wᵢxᵢ is many.
    indexed = any(each.indexed and each.operation != "members" for each in formulas)
    return Formula(operation, formulas, name=name, indexed=indexed)


class Formulas(Namespace):
    """Every operation of the table, on formulas."""

    def __getattr__(self, name: str) -> Callable[..., Formula]:
        if name not in RULES and not is_primitive(name):
            return super().__getattr__(name)  # which says what there is

        def formula(*operands: Any, **constants: float) -> Formula:
            if constants:  # the formula of its result stands for it
                return as_formula(RULES[name](self, *operands, **constants)[0])
            return call(name, *operands)

        return formula


OPERATORS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "negative": lambda a: -a,
}
"""The operations that every kind of number has as an operator."""


def evaluate(
    formulas: Sequence[Formula], environment: Mapping[Formula, Any], xp: Any, literal: Any = float
) -> list[Any]:
    """The values of some formulas of a trace.

    Args:
        formulas: what to evaluate; only what they need is computed.
        environment: the number for each symbol (a list of numbers for the member of a group), and for
            any other formula whose value is known already, such as the trace's result.
        xp: the namespace of numbers to compute with.
        literal: turns a number that is written in the rule into one of xp's.

    Returns:
        One number for each formula; a list of numbers for an indexed one.
    """
    values: dict[int, Any] = {id(formula): number for formula, number in environment.items()}
    for formula in topological_order(*formulas, leave_out=values):
        if formula.operation is None:
            values[id(formula)] = literal(formula.value)
            continue
        operands = [values[id(operand)] for operand in formula.operands]
        if formula.operation == "members":
            generic = formula.operands[0].indexed
            values[id(formula)] = operands[0] if generic else operands
            continue
        function = OPERATORS.get(formula.operation) or getattr(xp, formula.operation)
        if formula.indexed:
            count = next(
                len(value) for value, operand in zip(operands, formula.operands, strict=True) if operand.indexed
            )
            rows = zip(
                *(
                    value if operand.indexed else [value] * count
                    for value, operand in zip(operands, formula.operands, strict=True)
                ),
                strict=True,
            )
            values[id(formula)] = [function(*row) for row in rows]
        else:
            values[id(formula)] = function(*operands)
    return [values[id(formula)] for formula in formulas]
