"""Text becomes a graph, and nothing else; what cannot is refused in one line."""

import math

import pytest

from micrograd_bp import Value, gradients
from micrograd_bp.engine import leaves, topological_order
from micrograd_bp.expressions import LONGEST, ExpressionError, evaluate, graph, names_in


def test_a_neuron() -> None:
    o = graph("tanh(w1*x1 + w2*x2 + b)", {"x1": 2, "x2": 0, "w1": -3, "w2": 1, "b": 6.8813735870195432})
    assert o.data == pytest.approx(math.sqrt(0.5))
    named = {leaf.label: leaf for leaf in leaves(o)}
    assert list(named) == ["w1", "x1", "w2", "x2", "b"]
    assert gradients(o, [named["x1"], named["w1"]]) == pytest.approx([-1.5, 1.0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2*3 - 4/8", 6.5),
        ("-x**2", -4.0),
        ("+x", 2.0),
        ("2**x", 4.0),
        ("x**-1", 0.5),
        ("-7 % 3 + 7 // 2", 5.0),
        ("round(x + 0.6) * gammaln(3)", 3.0 * math.log(2.0)),
        ("max(x, 3) + min(x, 3)", 5.0),
        ("maximum(x, y)", 3.0),
        ("x > 1", 1.0),
        ("x == y", 0.0),
        ("where(x > y, 1, 2)", 2.0),
        ("sum([x, y, 1])", 6.0),
        ("dot([x, y], [1, 2], 10)", 18.0),
        ("dot((x, y), (1, 2))", 8.0),
        ("leaky_relu(-x, slope=0.25)", -0.5),
        ("arctan(x)", math.atan(2.0)),
        ("fabs(-x)", 2.0),
        ("cos(pi)", -1.0),
        ("log(e)", 1.0),
        ("x\n + y", 5.0),
    ],
)
def test_what_is_understood(text: str, expected: float) -> None:
    numbers = {"x": 2.0, "y": 3.0}
    of_numbers = evaluate(text, numbers)
    assert of_numbers == pytest.approx(expected)
    of_values = evaluate(text, {name: Value(number) for name, number in numbers.items()})
    assert (of_values.data if isinstance(of_values, Value) else of_values) == of_numbers


def test_a_name_stands_for_one_leaf() -> None:
    y = graph("x*x + x", {"x": 3.0})
    (x,) = leaves(y)
    assert gradients(y, [x]) == [7.0]


def test_a_power_has_no_derivative_along_a_number() -> None:
    y = graph("x**3", {"x": -2.0})
    assert y.operation.name == "constant_power"
    assert graph("x**n", {"x": 2.0, "n": 3.0}).operation.name == "pow"


def test_a_part_can_be_named() -> None:
    y = graph("tanh(n := w*x) + n", {"w": 1.0, "x": 2.0})
    assert names_in("tanh(n := w*x) + n") == ["w", "x"]
    assert [node.label for node in topological_order(y) if node.label] == ["w", "x", "n"]
    assert y.data == math.tanh(2.0) + 2.0


def test_names_in_order_of_appearance() -> None:
    assert names_in("b + tanh(a*b) + pi") == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not an expression"),
        ("x y", "not an expression: 'x y'"),
        ("tanh(x", "not an expression"),
        ("x\0", "null bytes"),
        ("__import__('os')", "'os'"),
        ("x.data", "'x.data' is not understood"),
        ("x[0]", "'x[0]' is not understood"),
        ("lambda: x", "is not understood"),
        ("[x for x in y]", "is not understood"),
        ("x if x else y", "is not understood"),
        ("x and y", "is not understood"),
        ("x << 2", "'x << 2' is not understood"),
        ("not x", "is not understood"),
        ("x < y < 3", "is not understood"),
        ("True", "'True' is not understood"),
        ("1j", "'1j' is not understood"),
        ("f'{x}'", "is not understood"),
        ("tanh(*x)", "is not understood"),
        ("nothing(x)", "unknown function 'nothing'; there are: add, subtract"),
        ("x.tanh()", "is not understood"),
        ("tahn(x)", "unknown function 'tahn'; did you mean tanh?"),
        ("mx(x, y)", "unknown function 'mx'; did you mean max?"),
        ("z", "unknown name 'z'; there are: pi, e, inf, nan, x, y"),
        ("Pi*x", "unknown name 'Pi'; did you mean pi?"),
        ("tanh", "unknown name 'tanh'"),
        ("tanh(x, y)", "tanh takes 1 operands"),
        ("tanh()", "tanh takes 1 operands"),
        ("leaky_relu(x, slop=1)", "no constant 'slop'"),
        ("leaky_relu(x, **y)", "takes numbers as"),
        ("leaky_relu(x, slope=x)", "takes numbers as slope"),
        ("sum(x)", "takes a list of numbers"),
        ("[x, y]", "a list has no single value"),
        ("[x] + 1", "list"),
        ("-[x]", "list"),
        ("dot([x, y], [x])", "equally many"),
        ("log(-x)", "log needs x > 0; got x = -2"),
        ("1/0", "divide needs b != 0"),
        ("9**9**9", "too large"),
        ("1" + "0" * 400, "too large"),
        ("1" + "0" * 3990, "too large"),
        ("(" * 300 + "x" + ")" * 300, "too many nested parentheses"),
        (f"({'+'.join(['x'] * 900)})[0]", "is not understood"),
        ("x" * (LONGEST + 1), "4,001 characters is too long: at most 4,000"),
    ],
)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, {"x": Value(2.0), "y": 3.0})
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


def test_deep_nesting_is_computed_or_refused_in_words() -> None:
    """How deep Python's own parser goes differs from version to version."""
    try:
        outcome: object = evaluate("-" * 3000 + "x", {"x": 2.0})
    except ExpressionError as refusal:
        outcome = str(refusal)
    assert outcome in (2.0, "the expression is nested too deeply")


def test_numbers_and_names_must_fit() -> None:
    with pytest.raises(ExpressionError, match=r"no value for w, b: add w=1\.0 b=1\.0"):
        graph("w*x + b", {"x": 1.0})
    with pytest.raises(ExpressionError, match=r"no y in 'tanh\(x\)'; its names: x"):
        graph("tanh(x)", {"x": 1.0, "y": 2.0})


def test_a_constant_expression_is_a_graph_too() -> None:
    assert graph("1 + 1", {}).data == 2.0


def test_a_long_sum_is_no_problem() -> None:
    assert graph("+".join(["x"] * 900), {"x": 1.0}).data == 900.0
