"""Straight-line code is right: in one function and in many, on floats and on arrays, however long it is."""

import ast
import math
from random import Random

import numpy as np
import pytest

from micrograd_bp import compile, gradients
from micrograd_bp.compiler import thresholds
from micrograd_bp.engine import OPERATIONS, Value, operation
from micrograd_bp.engine.numbers.formulas import Formula
from micrograd_bp.engine.operations import atan2, dot, greater, log, logsumexp, maximum, where
from micrograd_bp.engine.operations import sum as sum_of
from micrograd_bp.engine.value import ieee_arithmetic
from tests.counts import count
from tests.problems.agreement import by_engine, distance
from tests.problems.random_graphs import define_operations, random_problem
from tests.problems.straight_lines import answer, is_right, run, straight_line

WAYS = [(1000, 100), (1000, 0), (4, 100), (4, 0)]
"""Statements in a function, and samples that are few: one function or many, floats or arrays."""


@pytest.mark.parametrize(("statements", "few"), WAYS)
def test_random_graphs_give_what_the_engine_gives(statements, few, monkeypatch, table):
    monkeypatch.setattr(thresholds, "MOST_STATEMENTS", statements)
    monkeypatch.setattr(thresholds, "SAMPLES_ON_FLOATS", few)
    own_operations = define_operations()
    for seed in range(10_000, 10_000 + count(20, 60)):
        problem = random_problem(Random(seed), own_operations)
        assert distance(problem, answer(problem), by_engine(problem)) <= 1.0, seed


def chain(length, a, b):
    """a·x + b over and over, every tenth time with a tanh."""
    x = a
    for i in range(length // 2):
        x = (x * a).tanh() if i % 5 == 4 else x * a + b
    return x


# ---- limits of Python


@pytest.mark.parametrize("length", [*range(990, 1010, 3), 1990, 2000, 2010, 30_000])
def test_a_chain_of_any_length(length):
    a, b = Value(1.0005), Value(1e-3)
    is_right(chain(length, a, b), [a, b])


def test_a_sum_of_any_length():
    for n in (1, 2, 8, 9, 16, 17, 3001):
        x = [Value(math.sin(i)) for i in range(n)]
        for loss in (sum_of(x), dot(x, x, x[0]), logsumexp(x), sum_of([x[0]] * n), sum_of([*x, 1.0]) ** 2):
            is_right(loss, x)


def test_a_rule_with_a_formula_of_any_depth(table):
    @operation("fraction")
    def fraction(xp, x):
        """1 / (2 + x / (2 + x / …)), which is √(1 + x) - 1 over x."""
        y, slope = 1.0 + 0.0 * x, 0.0 * x
        for _ in range(400):
            y, slope = 1.0 / (2.0 + x * y), -(y + x * slope) / ((2.0 + x * y) * (2.0 + x * y))
        return y, (slope,)

    x = Value(0.7)
    value, (slope,) = run(fraction(x), [x])
    assert value == pytest.approx((math.sqrt(1.7) - 1.0) / 0.7, rel=1e-12)
    assert slope == pytest.approx(fraction(x).local_derivatives[0], rel=1e-12)
    source = straight_line(fraction(x), {}, [x], {}).source
    assert max(len(line) for line in source.splitlines()) < 500


def test_a_long_graph_has_pieces(monkeypatch):
    """Also where they read nodes from far away, constants that differ, and make several that are read elsewhere."""
    monkeypatch.setattr(thresholds, "MOST_STATEMENTS", 20)
    a, x, terms, state = Value(0.9), Value(0.2), [], (Value(0.3), Value(0.4))
    for i in range(40):
        u, v = state
        state = ((u * a + v).tanh(), (v * a - u * x).sin() + 0.1 * i)
        terms.append(state[0] * state[1])
    loss = sum_of(terms)
    is_right(loss, [a])
    source = straight_line(loss, {"X": [x]}, [a], {"y": [terms[3], Value(2.0), a]}).source
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert len(functions) == len(terms) * 9 // 20 + 2 + 3
    assert max(len(function.body) for function in functions) < 20 * 5


# ---- IEEE arithmetic


def test_where_python_raises_ieee_arithmetic_goes_on():
    x = Value(1.0)
    assert run(log(x), [x], [0.0]) == (-math.inf, [math.inf])
    assert run(1.0 / x, [x], [0.0]) == (math.inf, [-math.inf])
    assert run(x.exp(), [x], [800.0]) == (math.inf, [math.inf])
    value, (slope,) = run(log(x) + x.sqrt(), [x], [-1.0])
    assert math.isnan(value)
    assert math.isnan(slope)


def test_only_the_samples_that_need_it_are_not_finite():
    x, w = Value(1.0), Value(2.0)
    made = straight_line(log(x) * w, {"X": [x]}, [w], {"y": [log(x)]}, with_respect_to=["X"])
    rows = np.array([[1.0], [0.0], [4.0]])
    value, gradient, d_x = made.value_and_gradient(np.array([2.0]), [rows], 3)
    assert (value, gradient.tolist()) == (-math.inf, [-math.inf])
    assert d_x[:, 0].tolist() == [2 / 3, math.inf, 1 / 6]
    assert made.predict(np.array([2.0]), [rows], 3)["y"][:, 0].tolist() == [0.0, -math.inf, math.log(4.0)]


@pytest.mark.parametrize("statements", [1000, 1])
def test_a_constant_is_no_literal_of_a_rule(statements, monkeypatch):
    """0 · inf is nan where the 0 is a number of the graph; and 1 / 0 among constants is inf."""
    monkeypatch.setattr(thresholds, "MOST_STATEMENTS", statements)
    x = Value(1.0)
    value, (slope,) = run(log(x) * 0.0, [x], [0.0])
    assert math.isnan(value)
    assert math.isnan(slope)
    with ieee_arithmetic():
        loss = (x / 0.0) * 1.0
    assert run(loss, [x]) == (math.inf, [math.inf])


def test_zeros_of_both_signs_are_different_constants():
    y = Value(0.0)
    loss = atan2(y, 0.0) + 2.0 * atan2(y, -0.0)
    assert run(loss, [y])[0] == loss.data == 2.0 * math.pi


def test_what_is_computed_with_constants_alone_is_a_number():
    """Other constants have one rule for all of them, in which a quotient stays one."""
    w = Value(2.0)
    loss = (w**1.5 / 3.0 + dot([w, Value(2.0)], [Value(4.0), Value(5.0)])).sin()
    source = straight_line(loss, {}, [w], {}).source
    assert "v2 = parameters_0 * 4.0 + 10.0\n" in source
    assert "d_v0 = d_v3 / 3.0\n" in source
    assert "1.5 * pow(parameters_0, 0.5)" in source


def test_constants_that_are_not_finite(monkeypatch):
    x = Value(2.0)
    loss = maximum(x, Value(-math.inf)) + where(greater(x, 0.0), x, math.inf) * x
    for statements in (1000, 2):
        monkeypatch.setattr(thresholds, "MOST_STATEMENTS", statements)
        assert run(loss, [x]) == (6.0, [5.0])


@pytest.mark.parametrize("label", ["", "v_0"])
def test_no_gradient_has_the_name_of_another_value(label):
    x, w, z = Value(0.3), Value(0.5), Value(0.7)
    y = x * w
    y.label = label
    loss = y.tanh() * x + (w * z).sin()
    inputs = {"d_v": [z], "d_X": [x], "X": [w]}
    program = compile(loss, inputs=inputs, parameters=[], form="straight line")
    batch = [np.array([[value.data]]) for (value,) in inputs.values()]
    _, _, *ours = program.value_and_gradient(*batch, with_respect_to=list(inputs))
    np.testing.assert_allclose(np.ravel(ours), gradients(loss, [z, x, w]), rtol=1e-14)


@pytest.mark.parametrize("form", ["matrices", "native", "straight line", "tape"])
def test_a_constant_may_be_nan(form):
    x, w = Value(0.3), Value(0.5)
    program = compile(w.maximum(Value(math.nan)) * x, inputs={"X": [x]}, parameters=[w], form=form, check=False)
    value, gradient = program.value_and_gradient([[0.3]])
    assert math.isnan(value)
    assert gradient.shape == (1,)


# ---- the tester is tested


@pytest.mark.parametrize("tape", [False, True])
def test_a_wrong_trace_is_seen(tape, monkeypatch):
    """The program is read off the trace, and nothing else."""
    x = Value(0.5)
    value, _ = run(x.tanh(), [x], tape=tape)
    wrong = OPERATIONS["tanh"].trace._replace(derivatives={"x": Formula(value=2.0)})
    monkeypatch.setattr(OPERATIONS["tanh"], "trace", wrong)
    assert run(x.tanh(), [x], tape=tape) == (value, [2.0])
