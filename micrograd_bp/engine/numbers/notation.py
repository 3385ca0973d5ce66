"""How formulas look: as text and as LaTeX.

An operation that is not listed here is written as a function, `softsign(x)`; so a new one needs no line here.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.formulas import Formula
from micrograd_bp.engine.numbers.namespace import FUNCTIONS


class Written(NamedTuple):
    """A formula as `text` and as `latex`."""

    text: str
    latex: str

    def __str__(self) -> str:
        return self.text


class RuleFormulas(NamedTuple):
    """What a rule says in symbols: the `result`, and the `derivatives` along each operand."""

    result: Written
    derivatives: dict[Written, Written]

    @property
    def text(self) -> str:
        """The result on one line, then a line for each local derivative."""
        lines = [f"∂/∂{by.text} = {derivative.text}" for by, derivative in self.derivatives.items()]
        return "\n".join([self.result.text, *lines])

    @property
    def latex(self) -> str:
        """The same as lines of LaTeX mathematics."""
        lines = [
            rf"\frac{{\partial}}{{\partial {by.latex}}} = {derivative.latex}"
            for by, derivative in self.derivatives.items()
        ]
        return "\n".join([self.result.latex, *lines])

    def __str__(self) -> str:
        return self.text


# How tightly the parts of a formula hold together: a looser one inside a tighter one gets parentheses.
CHOICE, SUM, NEGATIVE, SIGN, PRODUCT, POWER, ATOM = range(7)


class _Part(NamedTuple):
    """A formula as it stands inside a larger one."""

    text: str
    latex: str
    strength: int

    def inside(self, strength: int) -> "_Part":
        if self.strength >= strength:
            return self
        return _Part(f"({self.text})", rf"\left({self.latex}\right)", ATOM)


def _infix(text: str, latex: str, strength: int, *, left: int, right: int) -> Callable[[_Part, _Part], _Part]:
    def write(a: _Part, b: _Part) -> _Part:
        a, b = a.inside(left), b.inside(right)
        return _Part(f"{a.text}{text}{b.text}", f"{a.latex}{latex}{b.latex}", strength)

    return write


_plus = _infix(" + ", " + ", SUM, left=SUM, right=SUM)
_minus = _infix(" - ", " - ", SUM, left=SUM, right=SIGN)
_product = _infix("·", r" \cdot ", PRODUCT, left=NEGATIVE, right=SIGN)


def _first_factor(a: _Part) -> _Part:
    """A minus sign may stand in front of a product, a sum sign may not: it would take in the rest."""
    return a.inside(PRODUCT) if a.strength == SIGN else a.inside(NEGATIVE)


def _times(a: _Part, b: _Part) -> _Part:
    product = _product(_first_factor(a), b)
    return product._replace(strength=SIGN) if b.strength == SIGN else product


def _compared(text: str, latex: str) -> Callable[[_Part, _Part], _Part]:
    return _infix(f" {text} ", f" {latex} ", CHOICE, left=SUM, right=SUM)


def _negative(a: _Part) -> _Part:
    a = a.inside(PRODUCT)
    return _Part(f"-{a.text}", f"-{a.latex}", NEGATIVE)


def _divide(a: _Part, b: _Part) -> _Part:
    text = f"{_first_factor(a).text} / {b.inside(POWER).text}"
    return _Part(text, rf"\frac{{{a.latex}}}{{{b.latex}}}", PRODUCT)


def _floor_divide(a: _Part, b: _Part) -> _Part:
    text = f"{a.inside(PRODUCT).text} // {b.inside(POWER).text}"
    return _Part(text, rf"\left\lfloor\frac{{{a.latex}}}{{{b.latex}}}\right\rfloor", NEGATIVE)


SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def _pow(a: _Part, b: _Part) -> _Part:
    if b.text == "1":
        return a
    base = a.inside(ATOM)
    exponent = b.text
    if re.fullmatch(r"-?\d+", exponent):
        text = base.text + exponent.translate(SUPERSCRIPTS)
    else:
        text = f"{base.text}^{b.inside(ATOM).text}"
    return _Part(text, f"{base.latex}^{{{b.latex}}}", POWER)


def _where(condition: _Part, a: _Part, b: _Part) -> _Part:
    return _Part(
        f"where({condition.text}, {a.text}, {b.text})",
        rf"\begin{{cases}}{a.latex} & \text{{if }} {condition.latex} \\ {b.latex} & \text{{otherwise}}"
        rf"\end{{cases}}",
        ATOM,
    )


def _abs(a: _Part) -> _Part:
    return _Part(f"|{a.text}|", rf"\left|{a.latex}\right|", ATOM)


def _sqrt(a: _Part) -> _Part:
    return _Part(f"√{a.inside(ATOM).text}", rf"\sqrt{{{a.latex}}}", POWER)


def _sum(a: _Part) -> _Part:
    a = a.inside(PRODUCT)
    return _Part(f"Σᵢ {a.text}", rf"\sum_i {a.latex}", SIGN)


def _dot(w: _Part, x: _Part, b: _Part | None = None) -> _Part:
    products = _sum(_times(w, x))
    return products if b is None else _plus(products, b)


def _logsumexp(a: _Part) -> _Part:
    return _Part(f"log Σᵢ exp({a.text})", rf"\log \sum_i \exp\left({a.latex}\right)", SIGN)


NOTATION: dict[str, Callable[..., _Part]] = {
    "add": _plus,
    "subtract": _minus,
    "multiply": _times,
    "divide": _divide,
    "remainder": _infix(" % ", r" \bmod ", NEGATIVE, left=PRODUCT, right=POWER),
    "floor_divide": _floor_divide,
    "negative": _negative,
    "pow": _pow,
    "constant_power": _pow,
    "abs": _abs,
    "sqrt": _sqrt,
    "maximum": lambda a, b: _function("max", [a, b]),
    "minimum": lambda a, b: _function("min", [a, b]),
    "greater": _compared(">", ">"),
    "greater_equal": _compared("≥", r"\ge"),
    "less": _compared("<", "<"),
    "less_equal": _compared("≤", r"\le"),
    "equal": _compared("=", "="),
    "not_equal": _compared("≠", r"\ne"),
    "where": _where,
    "sum": _sum,
    "dot": _dot,
    "logsumexp": _logsumexp,
}

LATEX_FUNCTIONS = frozenset(["exp", "log", "max", "min", "sin", "cos", "tan", "sinh", "cosh", "tanh"])


def _function(name: str, operands: list[_Part]) -> _Part:
    latex = rf"\{name}" if name in LATEX_FUNCTIONS else rf"\operatorname{{{_escaped(name)}}}"
    return _Part(
        f"{name}({', '.join(operand.text for operand in operands)})",
        rf"{latex}\left({', '.join(operand.latex for operand in operands)}\right)",
        ATOM,
    )


def _escaped(name: str) -> str:
    return name.replace("_", r"\_")


def number(value: float) -> str:
    """A number as formulas show it: four significant digits."""
    return f"{value:.4g}"


def _number_part(value: float) -> _Part:
    return _Part(number(value), number(value), NEGATIVE if value < 0.0 else ATOM)


def _symbol_part(formula: Formula) -> _Part:
    index = ("ᵢ", "_i") if formula.indexed else ("", "")
    name = formula.name
    latex = _escaped(name) if len(name) == 1 else rf"\mathrm{{{_escaped(name)}}}"
    return _Part(name + index[0], latex + index[1], ATOM)


class _Slot(_Part):
    """A place that is left open, `⟨0,3⟩`: what comes there, and how tightly it must hold together."""

    def inside(self, strength: int) -> _Part:
        return self._replace(text=f"⟨{self.latex},{strength}⟩")


def template(formula: Formula, slots: Mapping[Formula, str]) -> tuple[str, int]:
    """A formula in which these parts are left open, `⟨name,strength⟩`, and how tightly it holds together itself."""
    parts: dict[int, _Part] = {id(part): _Slot(f"⟨{name},{CHOICE}⟩", name, NEGATIVE) for part, name in slots.items()}
    text, _, strength = _part(formula, parts)
    return text, strength


def write(formula: Formula, known: Mapping[Formula, "Formula | float"] | None = None) -> Written:
    """Writes a formula down.

    Zeros that a rule writes in a sum, and ones that it writes in a product, are not shown.

    Args:
        formula: what to write.
        known: formulas to be written as something else: another formula, or a number.
    """
    parts: dict[int, _Part] = {}
    for original, shown in (known or {}).items():
        if isinstance(shown, Formula):
            parts[id(original)] = _part(shown, parts)
        else:
            parts[id(original)] = _number_part(shown)
    part = _part(formula, parts)
    return Written(part.text, part.latex)


def _part(formula: Formula, parts: dict[int, _Part]) -> _Part:
    """Writes `formula` and all that it is made of into `parts`, by id, but for what is there already."""
    for node in topological_order(formula, leave_out=parts):
        parts[id(node)] = _write_node(node, [parts[id(operand)] for operand in node.operands])
    return parts[id(formula)]


def _write_node(node: Formula, operands: list[_Part]) -> _Part:
    if node.value is not None:
        return _number_part(node.value)
    if node.operation is None:
        return _symbol_part(node)
    if node.operation == "members":
        texts, latexes = [part.text for part in operands], [part.latex for part in operands]
        return _Part(
            ", ".join(texts),
            ", ".join(latexes),
            operands[0].strength if len(operands) == 1 else CHOICE,
        )
    values = [operand.value for operand in node.operands]
    if node.operation == "add" and 0.0 in values:
        return operands[1 - values.index(0.0)]
    if node.operation == "multiply" and 1.0 in values:
        return operands[1 - values.index(1.0)]
    if node.operation == "multiply" and node.operands[0] is node.operands[1]:
        return _pow(operands[0], _number_part(2.0))
    if node.operation in NOTATION:
        return NOTATION[node.operation](*operands)
    function = FUNCTIONS.get(node.operation)
    return _function((function and function.written) or node.operation, operands)


ASCII = str.maketrans(
    {"·": "*", "√": "sqrt ", "Σ": "sum ", "∂": "d", "≥": ">=", "≤": "<=", "≠": "!=", "ᵢ": "_i", "σ": "sigma"}
    | {"…": "...", "→": "->", "✓": "ok", "×": "x", "–": "-"}
)
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def in_ascii(text: str) -> str:
    """`text` with every sign of mathematics written out: x^2 for x², sum for Σ."""
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda raised: "^" + raised[0].translate(RAISED), text)
    text = re.sub("[₀₁₂₃₄₅₆₇₈₉]+", lambda lowered: "_" + lowered[0].translate(LOWERED), text)
    return text.translate(ASCII).encode("ascii", "backslashreplace").decode("ascii")


def in_encoding(text: str, encoding: str | None) -> str:
    """`text`, or its ASCII form where `encoding` cannot write it."""
    try:
        text.encode(encoding or "ascii")
    except UnicodeEncodeError:
        return in_ascii(text)
    return text
