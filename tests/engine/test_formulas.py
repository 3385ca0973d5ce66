"""Formulas are read off the rules: what they say, how they look, what a rule may not do."""

import builtins
import math
import re

import pytest

from micrograd_bp.engine import OPERATIONS, Value, operation, operations
from micrograd_bp.engine.numbers.floats import floats
from micrograd_bp.engine.numbers.formulas import Formula, Formulas, evaluate
from micrograd_bp.engine.numbers.notation import in_encoding, number, write
from micrograd_bp.engine.numbers.tracing import trace
from micrograd_bp.engine.table import bind, call_written
from tests.cases import each_case

from .support import each_operation, refused, sample_points

# ---- every entry


@each_operation
def test_text_and_latex_are_there_and_well_formed(name):
    entry = OPERATIONS[name]
    formulas = entry.formula()
    assert len(formulas.derivatives) == len(entry.operand_names)
    for written in (formulas.result, *formulas.derivatives, *formulas.derivatives.values()):
        assert written.text
        assert written.text == str(written)
        assert written.latex
        assert written.text.count("(") == written.text.count(")")
        assert written.latex.count("{") == written.latex.count("}")
        assert written.latex.count(r"\left") == written.latex.count(r"\right")
        assert written.latex.isascii()
    assert str(formulas) == formulas.text
    assert formulas.text.count("∂/∂") == formulas.latex.count(r"\frac{\partial}") == len(entry.operand_names)


class _Root:
    """Stands for √ in front of what it is the root of."""

    def __pow__(self, number):
        return math.sqrt(number)


def _meaning(text, names):
    """What a formula says to somebody who reads it by the usual precedence: here, Python."""
    superscripts = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda exponent: "**" + exponent[0].translate(superscripts), text)
    text = re.sub(r"\|([^|]+)\|", r"abs(\1)", text)
    for sign, python in zip("-·^√≥≤≠", ("-", "*", "**", "ROOT**", ">=", "<=", "!="), strict=True):
        text = text.replace(sign, python)
    functions = {
        name: lambda *operands, entry=entry: call_written(entry, operands) for name, entry in OPERATIONS.items()
    }
    functions.update(abs=builtins.abs, max=max, min=min, ROOT=_Root())
    return eval(text.replace(" = ", " == "), functions | names)


@each_case("name", [name for name, entry in OPERATIONS.items() if not entry.many])
def test_text_means_what_the_rule_computes(name):
    """Read back as Python; numbers in formulas have four digits."""
    for bound, point in sample_points(name):
        for entry in (bound, OPERATIONS[name]):
            formulas = entry.formula()
            names = dict(zip(entry.operand_names, point, strict=True)) | bound.constants
            data, derivatives = bound.compute(point)
            said = [_meaning(each.text, names) for each in (formulas.result, *formulas.derivatives.values())]
            assert said == pytest.approx([data, *derivatives], rel=3e-3, abs=1e-3), (entry, point)


# ---- how some of them look


def power(exponent):
    return bind(OPERATIONS["constant_power"], {"exponent": exponent})


TEXTS = {
    "add": "a + b\n∂/∂a = 1\n∂/∂b = 1",
    "multiply": "a·b\n∂/∂a = b\n∂/∂b = a",
    "divide": "a / b\n∂/∂a = 1 / b\n∂/∂b = -a / b / b",
    "constant_power": "x^exponent\n∂/∂x = exponent·x^(exponent - (exponent ≠ 0))",
    "abs": "|x|\n∂/∂x = (x > 0) - (x < 0)",
    "maximum": "max(a, b)\n∂/∂a = (a > b) + 0.5·(a = b)\n∂/∂b = (a < b) + 0.5·(a = b)",
    "remainder": "a % b\n∂/∂a = 1\n∂/∂b = -(a // b)",
    "lgamma": "lgamma(x)\n∂/∂x = digamma(x)",
    "sqrt": "√x\n∂/∂x = 0.5 / √x",
    "exp": "exp(x)\n∂/∂x = exp(x)",
    "tanh": "tanh(x)\n∂/∂x = 1 - tanh(x)²",
    "sigmoid": "where(x ≥ 0, 1, exp(-|x|)) / (1 + exp(-|x|))\n∂/∂x = sigmoid(x)·(1 - sigmoid(x))",
    "relu": "max(x, 0)\n∂/∂x = x > 0",
    "erf": "erf(x)\n∂/∂x = 1.128·exp(-x²)",
    "sum": "Σᵢ xᵢ\n∂/∂xᵢ = 1",
    "dot": "Σᵢ wᵢ·xᵢ + b\n∂/∂wᵢ = xᵢ\n∂/∂xᵢ = wᵢ\n∂/∂b = 1",
    "logsumexp": "log Σᵢ exp(xᵢ)\n∂/∂xᵢ = exp(xᵢ - log Σᵢ exp(xᵢ))",
}


@pytest.mark.parametrize("name", TEXTS)
def test_text(name):
    assert OPERATIONS[name].formula().text == TEXTS[name]


LATEX = {
    "divide": r"\frac{a}{b}",
    "sqrt": r"\sqrt{x}",
    "sin": r"\sin\left(x\right)",
    "leaky_relu": r"\begin{cases}x & \text{if } x > 0 \\ \mathrm{slope} \cdot x & \text{otherwise}\end{cases}",
    "dot": r"\sum_i w_i \cdot x_i + b",
    "logsumexp": r"\log \sum_i \exp\left(x_i\right)",
    "erfc": r"\operatorname{erfc}\left(x\right)",
}


@pytest.mark.parametrize("name", LATEX)
def test_latex(name):
    assert OPERATIONS[name].formula().latex.splitlines()[0] == LATEX[name]


def test_latex_of_a_derivative():
    line = OPERATIONS["tanh"].formula().latex.splitlines()[1]
    assert line == r"\frac{\partial}{\partial x} = 1 - \tanh\left(x\right)^{2}"


POWERS = {
    3: "x³\n∂/∂x = 3·x²",
    2: "x²\n∂/∂x = 2·x",
    1: "x\n∂/∂x = x⁰",
    0: "x⁰\n∂/∂x = 0·x⁰",
    -1: "x⁻¹\n∂/∂x = -1·x⁻²",
    12: "x¹²\n∂/∂x = 12·x¹¹",
    0.5: "x^0.5\n∂/∂x = 0.5·x^(-0.5)",
}


@pytest.mark.parametrize("exponent", POWERS)
def test_bound_constants_are_written_as_numbers(exponent):
    assert power(exponent).formula().text == POWERS[exponent]


def test_a_bound_constant_shows_in_the_symbol():
    assert (Value(2.0) ** 3)._op == "**3"
    assert (Value(2.0) ** -0.5)._op == "**-0.5"


def test_an_operand_that_was_left_out_is_not_written():
    assert bind(OPERATIONS["dot"], {}, 2).formula().text == "Σᵢ wᵢ·xᵢ\n∂/∂wᵢ = xᵢ\n∂/∂xᵢ = wᵢ"


def test_known_parts_are_written_as_numbers_or_formulas():
    tanh = OPERATIONS["tanh"].trace
    derivative = tanh.derivatives["x"]
    assert write(derivative, {tanh.result: 0.46211715}).text == "1 - 0.4621²"
    assert write(derivative, {tanh.result: -0.46211715}).text == "1 - (-0.4621)²"
    assert write(derivative, {tanh.result: Formula(name="y")}).text == "1 - y²"


def test_numbers_have_four_digits_and_a_real_minus():
    assert [number(each) for each in (2.0, -1 / 3, 1e-12)] == ["2", "-0.3333", "1e-12"]


x, y = Formula(name="x"), Formula(name="y")


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (x - (y + 1.0), "x - (y + 1)"),
        (x - (y - x), "x - (y - x)"),
        (x - y + 1.0, "x - y + 1"),
        (x - -y, "x - (-y)"),
        ((x + y) * x, "(x + y)·x"),
        (x * (y / x), "x·y / x"),
        (x / (y * x), "x / (y·x)"),
        (x / (y / x), "x / (y / x)"),
        (x / y / x, "x / y / x"),
        (-(x + y), "-(x + y)"),
        (-(x * y), "-x·y"),
        (x * -2.0, "x·(-2)"),
        ((-x) ** y, "(-x)^y"),
        ((x * y) ** 2.0, "(x·y)²"),
        ((x**y) ** 2.0, "(x^y)²"),
        (x ** (y + 1.0), "x^(y + 1)"),
        (2.0**x, "2^x"),
        (abs(x - y), "|x - y|"),
        (x + 0.0, "x"),
        (1.0 * x, "x"),
    ],
)
def test_parentheses_where_they_are_needed(formula, text):
    assert write(formula).text == text
    (exact,) = evaluate([formula], {x: 1.7, y: 2.0}, floats)
    assert _meaning(text, {"x": 1.7, "y": 2.0}) == pytest.approx(exact)


def test_a_group_inside_a_larger_formula_is_set_apart(table):
    """log Σᵢ exp(xᵢ)·y would read as the logarithm of a product."""

    @operation("scaled", many=("x",))
    def scaled(xp, x, y):
        largest = xp.logsumexp(x)
        return largest * y, ([xp.exp(each - largest) * y for each in x], largest)

    assert table["scaled"].formula().result.text == "(log Σᵢ exp(xᵢ))·y"


def test_the_square_of_a_root_is_not_the_root_of_a_square():
    root = Formulas().sqrt(x)
    assert write(root * root).text == "(√x)²"
    assert write(Formulas().sqrt(x * x)).text == "√(x²)"


@pytest.mark.parametrize(
    ("text", "ascii_text"),
    [
        ("1 - tanh(x)²", "1 - tanh(x)^2"),
        ("a·b ≥ c ≠ d ≤ e", "a*b >= c != d <= e"),
        ("∂/∂wᵢ = xᵢ", "d/dw_i = x_i"),
        ("12·x¹¹", "12*x^11"),
        ("-1·x⁻²", "-1*x^-2"),
    ],
)
def test_text_falls_back_to_ascii(text, ascii_text):
    assert in_encoding(text, "utf-8") == text
    assert in_encoding(text, "ascii") == ascii_text
    assert in_encoding(text, None) == ascii_text


@each_operation
def test_every_formula_has_an_ascii_form_without_escapes(name):
    text = in_encoding(OPERATIONS[name].formula().text, "ascii")
    assert text.isascii()
    assert "\\" not in text


# ---- traces


def test_a_derivative_that_mentions_the_result_means_the_node():
    """With another number for the node the derivative follows it, without a recomputation."""
    tanh = OPERATIONS["tanh"].trace
    calls = []

    class Counting:
        def __getattr__(self, name):
            calls.append(name)
            raise AttributeError(name)

    known = {tanh.symbols["x"]: 0.0, tanh.result: 0.5}
    assert evaluate([tanh.derivatives["x"]], known, Counting()) == [0.75]
    assert calls == []


def test_binding_does_the_arithmetic_on_constants():
    derivative = power(3.0).trace.derivatives["x"]
    assert derivative.operation == "multiply"
    assert derivative.operands[0].value == 3.0
    assert derivative.operands[1].operands[1].value == 2.0
    assert power(3.0).trace.constants == {}


def test_one_rule_may_use_another_as_one_symbol():
    assert OPERATIONS["softplus"].trace.derivatives["x"].operation == "sigmoid"


def rule_of(function, *operands, many=()):
    return trace(function, operands or ("x",), many=many)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (lambda xp, x: (x if x > 0.0 else -x, (1.0,)), ["without branches", "xp.where(xp.greater(a, b)"]),
        (lambda xp, x: (x if x else -x, (1.0,)), ["without branches"]),
        (lambda xp, x: (x * (x == 0.0), (1.0,)), ["without branches"]),
        (lambda xp, x: (math.exp(x), (1.0,)), ["xp.exp(x), not math.exp(x)"]),
        (lambda xp, x: ([0.0, 1.0][x], (1.0,)), ["takes its functions from xp"]),
        (lambda xp, x: (operations.abs(x), (1.0,)), ["takes its functions from xp"]),
        (lambda xp, x: x * x, ["return y, (dy_dx,)"]),
        (lambda xp, x: (x, 1.0), ["return y, (dy_dx,)"]),
        (lambda xp, x: (x, ()), ["one local derivative for each operand", "1 expected, 0 given"]),
        (lambda xp, x: (x, (1.0, 1.0)), ["1 expected, 2 given"]),
        (lambda xp, x: (builtins.sum(x), (1.0,)), ["x is one number", "many=("]),
    ],
)
def test_what_a_rule_may_not_do(rule, words):
    with refused(TypeError, *words):
        rule_of(rule)


def test_a_rule_may_not_ask_for_the_size_of_a_group():
    with refused(TypeError, "does not ask how many operands it has"):
        rule_of(lambda xp, x: (xp.sum(x) / len(x), (1.0,)), many=("x",))


def test_a_rule_may_not_use_what_is_not_there():
    with refused(AttributeError, "no operation 'quux'", "there are: ", "tanh"):
        rule_of(lambda xp, x: (xp.quux(x), (1.0,)))
    with refused(AttributeError, "no operation 'tahn'", "did you mean tanh?"):
        rule_of(lambda xp, x: (xp.tahn(x), (1.0,)))
