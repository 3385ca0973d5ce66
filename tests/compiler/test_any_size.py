"""Long chains, wide sums, long texts: nothing recurses, and no limit of Python's is met."""

import math
import sys
from random import Random

import numpy as np
import pytest

from micrograd_bp import Value, compile, dot
from micrograd_bp import sum as sum_of
from tests.counts import count
from tests.problems.agreement import check
from tests.problems.problem import Problem, leaves_of


def chain(length, w, b):
    value = w
    for i in range(length // 2):
        value = (value * w if i % 2 else value + b) if i % 3 else (0.5 * value).sin()
    return value


@pytest.mark.parametrize("length", [1_000, count(20_000, 100_000)])
def test_a_long_chain_of_parameters(length):
    w, b = Value(0.75), Value(0.25)
    check(Problem(chain(length, w, b), {}, [w, b], {}, {}, np.array([0.5, 0.3])))


def test_a_long_chain_under_a_batch():
    x, w = Value(0.75), Value(0.25)
    y = chain(2_000, x, w)
    rows = np.array([[0.1], [-0.4], [0.7]])
    check(Problem(y, {"X": [x]}, [w], {"y": [y]}, {"X": rows}, np.array([0.3])))


def test_thousands_of_arrays_of_one_name():
    """Many are called sin and a number; to look for a free one from the start took minutes."""
    n = count(2_000, 20_000)
    x, w = Value(0.75), Value(0.25)
    y = x * w
    names = Random(n).choices(["sin", "cos", "tanh", "atan"], k=n)  # in no order, of which a loop could be made
    for name in names:
        y = getattr(y, name)()
    program = compile(y.sin(), inputs={"X": [x]}, parameters=[w], form="matrices")
    y = y.sin()
    assert f"sin{names.count('sin') - 1} = np.sin(" in program.source
    value, gradient = program.value_and_gradient(np.array([[0.75]]))
    y.backward()
    np.testing.assert_allclose([value, gradient[0]], [y.data, w.grad], rtol=1e-9)


@pytest.mark.parametrize("kind", ["sum", "dot", "by hand", "products by hand", "nested to the right"])
def test_a_sum_of_thousands_of_terms(kind):
    n = 5_000
    w = leaves_of(n, lambda: 0.5)
    x = [Value(math.sin(i)) for i in range(n)]
    total = {
        "sum": lambda: sum_of([(p * p).tanh() for p in w]),
        "dot": lambda: dot(w, x).tanh(),
        "by hand": lambda: sum(w[1:], w[0]).tanh(),
        "products by hand": lambda: sum((p * q for p, q in zip(w, x, strict=True)), w[0]).tanh(),
        "nested to the right": lambda: nested(w).tanh(),
    }[kind]()
    check(Problem(total, {}, w, {}, {}, np.cos(np.arange(n)) / 100))


def nested(values):
    """v₀ + (v₁ + (v₂ + …))."""
    total = values[-1]
    for value in reversed(values[:-1]):
        total = value + total
    return total


def test_thousands_of_different_constants():
    w = Value(0.5)
    value = w
    for i in range(3_000):
        value = value * (1.0 + i * 1e-6) + 1e-3 * i
    check(Problem(value, {}, [w], {}, {}, np.array([0.4])))


def test_many_groups_of_inputs_and_outputs():
    """More arguments than Python once allowed."""
    inputs = {f"x{i}": [Value(0.1 * i)] for i in range(300)}
    w = Value(0.5)
    leaves = [group[0] for group in inputs.values()]
    outputs = {f"y{i}": [w * leaf] for i, leaf in enumerate(leaves)}
    batch = {name: np.array([[0.01 * i], [0.02 * i]]) for i, name in enumerate(inputs)}
    check(Problem(sum_of([nodes[0] for nodes in outputs.values()]), inputs, [w], outputs, batch, np.array([0.25])))


def test_a_deep_graph_is_compiled_within_the_default_recursion_limit():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        w = Value(0.5)
        program = compile(chain(20_000, w, Value(0.1)), parameters=[w])
        program.value_and_gradient()
    finally:
        sys.setrecursionlimit(limit)


def test_a_wide_irregular_graph():
    """Thousands of operations of which no two rows are alike."""
    names = ["sin", "tanh", "sigmoid", "atan", "softplus", "cos", "erf"]
    x, w = leaves_of(5, lambda: 0.3), leaves_of(7, lambda: 0.4)
    values = [*x, *w]
    for i in range(3_000):
        a, b = values[(7 * i + i * i) % len(values)], values[-1 - (i % 5)]
        values.append(getattr(a * b if i % 2 else a - 0.3 * b, names[(i * i + i // 3) % 7])())
    rows = np.linspace(-1.0, 1.0, 10).reshape(2, 5)
    loss = sum_of([*values[-50:], *w])
    check(Problem(loss, {"X": x}, w, {"y": [values[-1]]}, {"X": rows}, np.linspace(0.1, 0.7, 7)))
