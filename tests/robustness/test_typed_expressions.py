"""What is typed as an expression has one value, by floats and by the graph, or is refused in one line."""

import math

from hypothesis import given
from hypothesis import strategies as st

from micrograd_bp import Value, gradients, steps
from micrograd_bp.engine import leaves
from micrograd_bp.expressions import ExpressionError, evaluate, graph, names_in
from tests.robustness.hostile import EXPRESSIONS, HOSTILE_TEXTS, cases

NUMBERS = st.floats() | st.sampled_from([0.0, -0.0, 1.0, -3.0, 1e308, 5e-324])


def refusal(text: str) -> str:
    """Why a text is refused; "" if it has a value where every name is a Value of 1."""
    try:
        evaluate(text, {name: Value(1.0) for name in names_in(text)})
    except ExpressionError as error:
        return str(error)
    return ""


PIECES = st.text(alphabet="x+-*/()[],.:= 0123456789tanhlogsum'\"\\\n", max_size=60)


@cases(250)
@given(EXPRESSIONS | HOSTILE_TEXTS | PIECES | st.text(max_size=60))
def test_a_refusal_is_one_line_without_controls(text: str) -> None:
    assert refusal(text).isprintable()
    assert len(refusal(text)) < 1_000


@cases(150)
@given(EXPRESSIONS, NUMBERS, NUMBERS, NUMBERS)
def test_floats_and_the_graph_agree(text: str, w: float, x: float, b: float) -> None:
    given_numbers = {"w": w, "x": x, "b": b}
    try:
        numbers = {name: given_numbers.get(name, 1.0) for name in names_in(text)}
        of_floats = evaluate(text, numbers)
    except ExpressionError:
        return
    assert isinstance(of_floats, float)
    root = graph(text, numbers)
    assert root.data == of_floats or (math.isnan(root.data) and math.isnan(of_floats))
    assert all(isinstance(each, float) for each in gradients(root, leaves(root)))
    str(steps(root))
