"""Numbers that are not finite: programs follow IEEE arithmetic, and say where the first of them comes from."""

import math
import re

import numpy as np
import pytest

from micrograd_bp import MLP, Value, compile, dot, mse
from tests.problems.agreement import by_engine, by_program, compiled
from tests.problems.problem import Problem


def logarithm(**options):
    """The mean of w·log(x): infinite for x = 0, nan below."""
    x, w = Value(1.0, label="x"), Value(2.0, label="w")
    y = x.log()
    y.label = "height"
    return compile(w * y, inputs={"X": [x]}, parameters=[w], outputs={"y": [y]}, **options)


@pytest.mark.parametrize(("number", "name"), [(0.0, "inf"), (-1.0, "nan"), (math.inf, "inf"), (math.nan, "nan")])
def test_an_error_names_the_statement_and_the_value(number, name):
    with pytest.raises(FloatingPointError) as caught:
        logarithm().value_and_gradient([[1.0], [number]])
    message = str(caught.value)
    assert name in message
    if math.isfinite(number):
        assert "log" in message  # the statement
        assert "height" in message  # the label


def test_the_statement_named_is_one_of_the_program():
    program = logarithm()
    with pytest.raises(FloatingPointError) as caught:
        program.value_and_gradient([[0.0]])
    lines = [line.split("#")[0].strip() for line in program.source.splitlines()]
    assert any("log" in line and line in str(caught.value) for line in lines if line)


def test_an_overflow_inside_a_network_is_found_where_it_begins():
    model, x, t = MLP(2, [3, 1], activation="exp", rng=0), [Value(0.1), Value(0.2)], Value(0.0)
    z = model.layers[0](x)
    for i, each in enumerate(z):
        each.label = f"hidden{i}"
    score = model.layers[1](z)
    score.label = "score"
    program = compile(mse([score], [t]), inputs={"X": x, "T": [t]}, parameters=model.parameters())
    program.parameters = [1000.0, 0.0, 0.0] * 3 + [1.0, 1.0, 1.0, 0.0]
    with pytest.raises(FloatingPointError, match="exp"):
        program.value_and_gradient([[1.0, 0.0]], [[0.0]])


def test_a_gradient_that_is_not_finite_is_found_too():
    """The square root of 0 is 0, and its derivative infinite."""
    w = Value(1.0, label="w")
    root = w.sqrt()
    root.label = "root"
    program = compile(root * 3.0, parameters=[w])
    program.parameters = [0.0]
    with pytest.raises(FloatingPointError) as caught:
        program.value_and_gradient()
    assert re.search(r"inf|nan", str(caught.value))
    assert re.search(r"\bw\b|root", str(caught.value))
    unchecked = compile(root * 3.0, parameters=[w], check=False)
    unchecked.parameters = [0.0]
    value, gradient = unchecked.value_and_gradient()
    assert (value, gradient.tolist()) == (0.0, [math.inf])


@pytest.mark.parametrize(("number", "expected"), [(0.0, -math.inf), (-1.0, math.nan), (math.inf, math.inf)])
def test_without_the_check_numbers_are_those_of_ieee(number, expected):
    program = logarithm(check=False)
    value, gradient, d_x = program.value_and_gradient([[1.0], [number]], with_respect_to="X")
    np.testing.assert_array_equal(value, 2.0 * expected)
    np.testing.assert_array_equal(gradient, [expected])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(d_x[:, 0], [1.0, np.float64(1.0) / np.float64(number)])


def test_a_prediction_is_handed_over_as_it_is():
    """Only the loss and its gradient are checked."""
    np.testing.assert_array_equal(logarithm().predict([[0.0], [-1.0]])["y"], [[-np.inf], [np.nan]])


def test_a_program_works_again_after_an_error():
    program = logarithm()
    before = program.value_and_gradient([[2.0]])
    with pytest.raises(FloatingPointError):
        program.value_and_gradient([[0.0]])
    after = program.value_and_gradient([[2.0]])
    assert before[0] == after[0]
    np.testing.assert_array_equal(before[1], after[1])


@pytest.mark.parametrize("state", ["raise", "warn"])
def test_numpys_own_error_state_makes_no_difference(state):
    """Programs neither warn nor raise of themselves, and leave the state as it was."""
    program = logarithm(check=False)
    x = Value(1.0)
    small = [compile(x**-3, {"X": [x]}, [], form=form) for form in ("straight line", "tape", "matrices", "native")]
    with np.errstate(all=state):
        before = np.geterr()
        assert program.value_and_gradient([[0.0]])[0] == -math.inf
        assert program.predict([[0.0]])["y"].tolist() == [[-math.inf]]
        for each in small:  # a seventh of a derivative that has few bits left
            slopes = each.value_and_gradient([[1e80]] * 7, with_respect_to="X")[2]
            assert all(-4.3e-321 < slope < -4.2e-321 for slope in slopes.ravel().tolist())
        assert np.geterr() == before


def test_a_gradient_with_respect_to_inputs_is_not_what_is_checked():
    """A row of an input that stands still may have an infinite derivative that nobody steps along."""
    x, w = Value(1.0), Value(1.0)
    program = compile(w + x.sqrt(), inputs={"X": [x]}, parameters=[w])
    value, gradient = program.value_and_gradient([[0.0]])
    assert (value, gradient.tolist()) == (1.0, [1.0])


@pytest.mark.parametrize("form", ["matrices", "straight line"])
def test_a_gradient_with_respect_to_inputs_is_checked_where_it_is_asked_for(form):
    x = Value(1.0, label="x")
    program = compile(x.sqrt(), inputs={"X": [x]}, parameters=[], form=form)
    assert program.value_and_gradient([[0.0]])[0] == 0.0
    with pytest.raises(FloatingPointError, match=r"gradient contains inf; it begins with (d_X|d_x) = .*0\.5 / "):
        program.value_and_gradient([[1.0], [0.0]], with_respect_to="X")


def test_what_nobody_asks_for_is_not_blamed():
    """The derivative along x is infinite, and nobody wants it; that along w is where it begins."""
    x, w = Value(1.0, label="x"), Value(1.0, label="w")
    program = compile(x.sqrt() + w.sqrt(), inputs={"X": [x]}, parameters=[w], form="straight line")
    program.parameters = [0.0]
    with pytest.raises(FloatingPointError, match=r"begins with d_w = .*'w'"):
        program.value_and_gradient([[0.0]])


@pytest.mark.parametrize("form", ["matrices", "straight line"])
@pytest.mark.parametrize("label", ["returns", "gradient_norm", "gradient", "batch", "value"])
def test_labels_do_not_hide_a_statement(form, label):
    x, w = Value(1.0), Value(1.0)
    y = x.log()
    y.label = label
    program = compile((y * w).exp() - y, inputs={"X": [x]}, parameters=[w], form=form)
    with pytest.raises(FloatingPointError, match=r"begins with (\w+) = (np\.)?log\("):
        program.value_and_gradient([[1.0], [0.0]])


POINTS = [-math.inf, -1e300, -2.0, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0, 800.0, 1e300, math.inf, math.nan]

FUNCTIONS = [
    lambda x, w: (w * x).tanh() + (w * x).sigmoid() + x.softplus(),
    lambda x, w: x.exp() * w + x.expm1(),
    lambda x, w: x.sqrt() + w * x.cbrt() + x.log1p(),
    lambda x, w: 1.0 / x + w / (x * x),
    lambda x, w: x**w + x**3 + x**-1 + x**0.5 + x**0,
    lambda x, w: w**x,
    lambda x, w: x.maximum(w) + x.minimum(w * x) + x.relu() + abs(x),
    lambda x, w: x.floor() + x.ceil() * w + x.trunc(),
    lambda x, w: x.hypot(w) + x.atan2(w) + x.atan(),
    lambda x, w: x.erf() + w * x.erfc() + x.gelu() + x.silu() + x.elu(),
    lambda x, w: dot([x, w], [x, x], w) - x,
    # A derivative that a rule writes as 0 is left out, as in derivative graphs; inf·0 would be nan. So no x beside it.
    lambda x, w: x.greater(w) * w + x.equal(x) + x.not_equal(w),
    lambda x, w: x.sinh() + x.cosh() * w + x.asinh() + x.acosh(),
]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("number", [1.0, 0.0, -0.5])
def test_numbers_of_every_size_give_what_the_engine_gives(function, number):
    """Infinities and nan in the same places; what is finite is close."""
    x, w = Value(1.5), Value(0.75)
    y = function(x, w)
    problem = Problem(y, {"X": [x]}, [w], {"y": [y]}, {"X": np.array([[1.5]])}, np.array([number]))
    program = compiled(problem, check=False)
    for point in POINTS:
        problem = problem._replace(batch={"X": np.array([[point]])})
        for ours, theirs in zip(by_program(problem, program), by_engine(problem), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-11, err_msg=f"at x = {point}")
