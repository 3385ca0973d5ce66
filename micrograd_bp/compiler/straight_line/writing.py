"""Arrays of single numbers as Python statements on local names."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from micrograd_bp.compiler.arrays.language import Array
from micrograd_bp.engine.graph import topological_order

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
    """Statements that compute some numbers for a node, which is written `{0}`.

    Attributes:
        lines: the statements, one on each line.
        functions: the names of the functions that they call.
        names: what arrays were called.
    """

    def __init__(
        self, roots: Sequence[Array], *, named: Collection[Array] = (), after: "Statements | None" = None
    ) -> None:
        """Prepares to write.

        Args:
            roots: all that will be written. What is used more than once among them gets a name.
            named: others that shall get one.
            after: statements that have run before, whose names can be used.
        """
        self.lines: list[str] = []
        self.functions: set[str] = set()
        self.names: dict[Array, str] = dict(after.names) if after else {}
        self._parts = {id(known): _Part(name) for known, name in self.names.items()}
        uses = Counter(roots)
        for node in topological_order(*roots, leave_out=self._parts):
            uses.update(node.operands)
        self._named = {*named, *(node for node, count in uses.items() if count > 1)}

    def assign(self, root: Array) -> None:
        """Computes an array into the node."""
        if not root.operands:
            self.lines.append(f"{{0}} = {self.text(root)}")
        else:
            self.names[root] = "{0}"
            self._named.add(root)
            self.text(root)

    def text(self, root: Array) -> str:
        """The expression of an array; what it needs first is added to the statements."""
        for node in topological_order(root, leave_out=self._parts):
            part = self._part(node)
            if node.operands and (node in self._named or part.depth > DEPTH_OF_AN_EXPRESSION):
                name = self._name(node)
                if part.text != name:
                    self.lines.append(f"{name} = {part.text}")
                part = _Part(name)
            self._parts[id(node)] = part
        return self._parts[id(root)].text

    def _part(self, node: Array) -> _Part:
        if node.function == "variable":
            return _Part(node.detail)
        if not node.operands:
            number = float(node.detail)
            self.functions |= {repr(abs(number))} & {"inf", "nan"}
            return _Part(repr(number), SIGN if math.copysign(1.0, number) < 0.0 else ATOM)
        operands = [self._parts[id(operand)] for operand in node.operands]
        depth = max([part.depth for part in operands]) + 1
        if node.function == "terms":
            return self._total(node, [operand.inside(PRODUCT) for operand in operands], depth)
        if node.function in _OPERATORS:
            return _Part(_OPERATORS[node.function](*operands), _STRENGTHS[node.function], depth)
        texts = [part.text for part in operands]
        self.functions.add(node.function)
        arguments = tuple_of(texts) if node.function == "logsumexp" else ", ".join(texts)
        return _Part(f"{node.function}({arguments})", ATOM, depth)

    def _total(self, node: Array, terms: list[str], depth: int) -> _Part:
        if len(terms) > TERMS_IN_A_STATEMENT:
            name = self._name(node)
            self.lines += sum_statements(name, terms)
            return _Part(name)
        return _Part(_sum_of(terms), SUM, depth)

    def _name(self, node: Array) -> str:
        return self.names.setdefault(node, f"{{0}}_part{len(self.names)}")


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
