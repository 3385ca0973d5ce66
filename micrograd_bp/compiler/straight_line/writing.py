"""Formulas as Python statements on local names."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.formulas import Formula

TERMS_IN_A_STATEMENT = 8  # Python's compiler fails at some 3,000
DEPTH_OF_AN_EXPRESSION = 20  # and at some 200 nested parentheses

# How tightly the parts of an expression hold together: a looser one inside a tighter one gets parentheses.
SUM, PRODUCT, SIGN, ATOM = range(4)


def sum_statements(name: str, terms: Sequence[str]) -> list[str]:
    """Statements that give the sum of `terms` a name. A new object is made each time: arrays may be shared."""
    lines = [f"{name} = {_sum_of(terms[:TERMS_IN_A_STATEMENT])}"]
    for start in range(TERMS_IN_A_STATEMENT, len(terms), TERMS_IN_A_STATEMENT):
        lines.append(f"{name} = {_sum_of([name, *terms[start : start + TERMS_IN_A_STATEMENT]])}")
    return lines


def _sum_of(terms: Sequence[str]) -> str:
    return " + ".join(terms).replace(" + -", " - ") or "0.0"


class _Part(NamedTuple):
    """An expression inside a larger one."""

    text: str
    strength: int = ATOM
    depth: int = 0

    def inside(self, strength: int) -> str:
        return self.text if self.strength >= strength else f"({self.text})"


class Statements:
    """Statements that compute some formulas for a node, which is written `{0}`.

    Attributes:
        lines: the statements, one on each line.
        functions: the names of the functions that they call.
        names: the names that formulas were given, by id.
    """

    def __init__(
        self, formulas: Sequence[Formula], *, named: Collection[int] = (), after: "Statements | None" = None
    ) -> None:
        """Prepares to write formulas.

        Args:
            formulas: all that will be written. What is used more than once among them gets a name.
            named: ids of other formulas that shall get one.
            after: statements that have run before, whose names can be used.
        """
        self.lines: list[str] = []
        self.functions: set[str] = set()
        self.names: dict[int, str] = dict(after.names) if after else {}
        self._parts = {each: _Part(name) for each, name in self.names.items()}
        uses = Counter(map(id, formulas))
        for formula in topological_order(*formulas, leave_out=self._parts):
            uses.update(map(id, formula.operands))
        self._named = {*named, *(each for each, count in uses.items() if count > 1)}

    def assign(self, formula: Formula) -> None:
        """Computes a formula into the node."""
        if formula.operation is None:
            self.lines.append(f"{{0}} = {self.text(formula)}")
        else:
            self.names[id(formula)] = "{0}"
            self._named.add(id(formula))
            self.text(formula)

    def text(self, formula: Formula) -> str:
        """The expression of a formula; what it needs first is added to the statements."""
        for each in topological_order(formula, leave_out=self._parts):
            part = self._part(each)
            if each.operation not in (None, "members") and (
                id(each) in self._named or part.depth > DEPTH_OF_AN_EXPRESSION
            ):
                name = self._name(each)
                if part.text != name:
                    self.lines.append(f"{name} = {part.text}")
                part = _Part(name)
            self._parts[id(each)] = part
        return self._parts[id(formula)].text

    def _part(self, formula: Formula) -> _Part:
        if formula.value is not None:
            text = repr(formula.value)
            self.functions |= {text.lstrip("-")} & {"inf", "nan"}
            return _Part(text, SIGN if text.startswith("-") else ATOM)
        if formula.operation is None:
            return _Part(formula.name)
        operands = [self._parts[id(operand)] for operand in formula.operands]
        depth = max([part.depth for part in operands], default=0) + 1
        if formula.operation == "members":
            return _Part(tuple_of([part.text for part in operands]), ATOM, depth)
        if formula.operation in ("sum", "dot"):
            groups = [[self._parts[id(member)] for member in group.operands] for group in formula.operands]
            rows = zip(*groups, strict=True)
            terms = [_OPERATORS["multiply"](*row) if len(row) == 2 else row[0].inside(PRODUCT) for row in rows]
            return self._total(formula, terms, depth)
        if formula.operation in _OPERATORS:
            return _Part(_OPERATORS[formula.operation](*operands), _STRENGTHS[formula.operation], depth)
        self.functions.add(formula.operation)
        return _Part(f"{formula.operation}({', '.join(part.text for part in operands)})", ATOM, depth)

    def _total(self, formula: Formula, terms: list[str], depth: int) -> _Part:
        if len(terms) > TERMS_IN_A_STATEMENT:
            name = self._name(formula)
            self.lines += sum_statements(name, terms)
            return _Part(name)
        return _Part(_sum_of(terms), SUM, depth)

    def _name(self, formula: Formula) -> str:
        return self.names.setdefault(id(formula), f"{{0}}_part{len(self.names)}")


_OPERATORS: dict[str, Callable[..., str]] = {
    "add": lambda a, b: _sum_of([a.text, b.inside(PRODUCT)]),
    "subtract": lambda a, b: f"{a.text} - {b.inside(PRODUCT)}",
    "multiply": lambda a, b: f"{a.inside(PRODUCT)} * {b.inside(SIGN)}",
    "divide": lambda a, b: f"{a.inside(PRODUCT)} / {b.inside(SIGN)}",
    "negative": lambda a: f"-{a.inside(SIGN)}",
}
_STRENGTHS = {"add": SUM, "subtract": SUM, "multiply": PRODUCT, "divide": PRODUCT, "negative": SIGN}


def tuple_of(texts: Sequence[str]) -> str:
    """The text of a tuple."""
    return f"({', '.join(texts)}{',' * (len(texts) == 1)})"
