"""Rules as JavaScript: what a page computes with is printed from their traces, as formulas and programs are.

`numbers.js` has what a rule runs on there, the functions of `math`. What JavaScript lacks (erf, lgamma and its family)
this package has as arithmetic for arrays, which is traced and printed like a rule.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from micrograd_bp.engine import OPERATIONS
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.arrays import LACKING
from micrograd_bp.engine.numbers.floats import is_primitive
from micrograd_bp.engine.numbers.formulas import Formula, Formulas, as_formula
from micrograd_bp.engine.numbers.namespace import FUNCTIONS
from micrograd_bp.engine.operation import Operation

OPERATORS = {"add": "+", "subtract": "-", "multiply": "*"}
"""The others can fail on floats, and so are functions."""

LACKING_IN_JAVASCRIPT = ("erf", "erfc")


class NotPrintableError(Exception):
    """A rule calls a function from outside, which only Python can run."""


class Rules:
    """The rules of some operations as text, each once, with the functions that they call.

    Attributes:
        operations: those that are printed, in order.
    """

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._places: dict[Any, int | None] = {}
        self._functions: dict[str, str] = {}
        self._rules: list[str] = []

    def place(self, operation: Operation) -> int | None:
        """The place of an operation's rule, printed when it is asked for first; None if only Python can run it."""
        key = (operation.name, operation.operand_names, tuple(operation.constants.items()))
        if not operation.operand_names:  # made by hand
            return None
        if key not in self._places:
            try:
                text = self._rule(operation)
            except NotPrintableError:
                self._places[key] = None
            else:
                self._places[key] = len(self._rules)
                self._rules.append(text)
                self.operations.append(operation)
        return self._places[key]

    @property
    def text(self) -> str:
        """A script, to go on from `numbers.js`: `RULES`, and the functions that they call."""
        keeps = json.dumps(sum([1.0, 1e100, 1.0, -1e100]) == 2.0)  # as this Python does
        rules = [f"{rule}," for rule in self._rules]
        lines = [f"const KEEPS_WHAT_IS_LOST = {keeps};", *self._functions.values(), "const RULES = [", *rules, "];\n"]
        return "\n".join(lines)

    def _rule(self, operation: Operation) -> str:
        """The result from the operands, and the derivatives along them from the result and the operands."""
        trace = operation.trace
        symbols = list(trace.symbols.values())
        names = {id(symbol): f"x{place}" for place, symbol in enumerate(symbols)}
        groups = [f"x{place}" for place, symbol in enumerate(symbols) if symbol.indexed]
        result = self._body([trace.result], names, groups)
        derivatives = [trace.derivatives[name] for name in operation.operand_names]
        along = self._body(derivatives, {**names, id(trace.result): "y"}, groups, in_brackets=True)
        operands = [f"x{place}" for place in range(len(symbols))]
        many = json.dumps([name in operation.many for name in operation.operand_names]) if groups else "null"
        return (
            f"{{ groups: {many}, result: ({', '.join(operands)}) => {{ {result} }},\n"
            f"  along: ({', '.join(['y', *operands])}) => {{ {along} }} }}"
        )

    def _called(self, node: Formula) -> tuple[str, Sequence[Formula]]:
        """What to call for an operation in a trace, and the operands that are handed to it."""
        name, operands = str(node.operation), node.operands
        if name in FUNCTIONS or name in LACKING_IN_JAVASCRIPT:
            if name in FUNCTIONS and FUNCTIONS[name].from_outside:
                raise NotPrintableError(name)
            function = FUNCTIONS[name].on_arrays if name in FUNCTIONS else LACKING[name]
            x, constants = Formula(name="x"), [operand.value for operand in operands[1:]]  # the order of a derivative
            text = " ".join(map(str, [name, *constants]))
            return self._function(text, [x], lambda: as_formula(function(Formulas(), x, *constants)), "checkedAsOne"), [
                operands[0]
            ]
        if name in OPERATIONS and name != "divide" and not is_primitive(name):
            trace = OPERATIONS[name].trace
            return self._function(name, list(trace.symbols.values()), lambda: trace.result), operands
        return f"F.{name}", operands

    def _function(self, name: str, symbols: Sequence[Formula], make: Callable[[], Formula], around: str = "") -> str:
        """The name of a function of its own, which is printed when it is asked for first."""
        called = f"F[{json.dumps(name)}]"
        if name not in self._functions:
            names = {id(symbol): f"x{place}" for place, symbol in enumerate(symbols)}
            groups = [f"x{place}" for place, symbol in enumerate(symbols) if symbol.indexed]
            body = self._body([make()], names, groups)
            self._functions[name] = f"{called} = {around}(({', '.join(names.values())}) => {{ {body} }});"
        return called

    def _body(
        self, formulas: Sequence[Formula], names: dict[int, str], groups: Sequence[str], *, in_brackets: bool = False
    ) -> str:
        """Statements that compute some formulas and return them; what is used more than once gets a name."""
        written = dict(names)
        order = topological_order(*formulas, leave_out=written)
        uses = Counter(map(id, formulas))
        for node in order:
            for operand in node.operands:  # what each member needs is computed once
                uses[id(operand)] += 2 if node.indexed and not operand.indexed else 1
        lines: list[str] = []
        for node in order:
            text = self._text(node, written, groups)
            if node.operands and uses[id(node)] > 1 and node.operation != "members":
                name = f"t{len(lines)}"
                lines.append(f"const {name} = {_for_each(text, groups) if node.indexed else text};")
                text = name
            elif node.indexed and node.operation != "members":
                text = f"({text})"
            written[id(node)] = text
        returned = [
            _all_of(written[id(each)], groups) if each.indexed and each.operation != "members" else written[id(each)]
            for each in formulas
        ]
        last = f"[{', '.join(returned)}]" if in_brackets else returned[0]
        return " ".join([*lines, f"return {last};"])

    def _text(self, node: Formula, written: dict[int, str], groups: Sequence[str]) -> str:
        if node.value is not None:
            return _literal(node.value)
        if node.operation is None:
            raise NotPrintableError(node.name)
        if node.operation == "members":
            if len(node.operands) == 1 and node.operands[0].indexed:
                return _all_of(written[id(node.operands[0])], groups)
            return f"[{', '.join(written[id(operand)] for operand in node.operands)}]"
        operands: Sequence[Formula] = node.operands
        called = ""
        if node.operation not in (*OPERATORS, "negative"):
            called, operands = self._called(node)
        texts = [written[id(operand)] for operand in operands]
        if node.indexed:
            texts = [_member(operand, text) for operand, text in zip(operands, texts, strict=True)]
        if node.operation in OPERATORS:
            return f"({texts[0]} {OPERATORS[node.operation]} {texts[1]})"
        if node.operation == "negative":
            return f"(-{texts[0]})"
        return f"{called}({', '.join(texts)})"


def _member(operand: Formula, text: str) -> str:
    """A member of a group by its place, where it has a name for all."""
    return f"{text}[i]" if operand.indexed and text.isalnum() else text


def _for_each(text: str, groups: Sequence[str]) -> str:
    return f"{groups[0]}.map((_, i) => {text})"


def _all_of(text: str, groups: Sequence[str]) -> str:
    return text if text.isalnum() else _for_each(text, groups)


def _literal(value: float) -> str:
    if math.isfinite(value):
        return repr(value) if math.copysign(1.0, value) > 0.0 else f"({value!r})"
    return "NaN" if math.isnan(value) else "Infinity" if value > 0.0 else "(-Infinity)"
