"""What runs on NumPy, and works in place: the numbers of the plain source, and nothing changed."""

import sys
import types
import warnings

import numpy as np
import pytest

from micrograd_bp import MLP, Value, compile, cross_entropy, dot, gradients, logsumexp, mse
from micrograd_bp import sum as sum_of
from micrograd_bp.compiler import thresholds
from micrograd_bp.compiler.run import matrices
from micrograd_bp.compiler.write import in_place
from tests.problems.problem import repeated
from tests.problems.recurrences import long_short_term_memory

RANDOM = np.random.default_rng(0)
FUNCTIONS = {
    "square": lambda z: z**2,
    "cube": lambda z: z**3,
    "tanh of the square": lambda z: (z**2).tanh(),
    "bell": lambda z: (-(z**2)).exp(),
    "square with a bias": lambda z: (z + 0.3) ** 2,
    "relu": lambda z: z.relu(),
    "relu, and z elsewhere": lambda z: z.relu() * z,
    "functions that NumPy lacks": lambda z: (z.erf() + z.sinc()) * (z * z + 1.0).lgamma(),
    "remainders": lambda z: (z % 0.7) * (z // 0.3) * (3.0 * z).round() * z.sign(),
}


def values(*numbers):
    return [Value(number) for number in numbers]


def by_plain_source(program, *arrays):
    namespace = {}
    exec(program.source, namespace)
    return namespace["value_and_gradient"](program.parameters, *arrays)


@pytest.mark.parametrize("samples", [1, 9, 65])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_fixed_products(name, samples, monkeypatch):
    """The product of the inputs and fixed numbers, of which a function reads each entry once or several times."""
    monkeypatch.setattr(thresholds, "SAMPLES_IN_A_BLOCK", 16)
    monkeypatch.setattr(thresholds, "NUMBERS_IN_AN_ARRAY", 1)
    x, p = values(0.1, 0.2), values(0.3, 0.4, 0.5)
    z = [dot(values(1.0 + i, 2.0 - i), x) for i in range(3)]
    program = compile(dot(p, [FUNCTIONS[name](each) for each in z]), {"X": x}, p)
    rows = RANDOM.normal(size=(samples, 2))
    value, gradient = program.value_and_gradient(rows)
    plain = by_plain_source(program, rows)
    np.testing.assert_allclose(value, plain[0], rtol=1e-12)
    np.testing.assert_allclose(gradient, plain[1], rtol=1e-12)


@pytest.mark.parametrize("samples", [20, 70])
@pytest.mark.parametrize(("narrow", "size", "products"), [(1, 100, 0), (5, 100, 4), (1, 10, 4)])
def test_many_samples_lie_column_by_column_where_arrays_are_narrow_or_matrices_large(
    narrow, size, products, samples, monkeypatch
):
    """NumPy is faster so; else it takes longer."""
    monkeypatch.setattr(in_place, "FEW_COLUMNS", narrow)
    monkeypatch.setattr(in_place, "MATRIX_BY_COLUMNS", size)
    model, x, t = MLP(2, [4, 4, 1], activation="tanh", rng=1), values(0.1, 0.2), values(0.3)
    program = compile(mse([model(x)], [t]), {"X": x, "T": t}, model.parameters(), form="matrices")
    assert program.buffered_source.count('order="F")') == products
    rows = RANDOM.normal(size=(samples, 2)), RANDOM.normal(size=(samples, 1))
    np.testing.assert_allclose(program.value_and_gradient(*rows)[1], by_plain_source(program, *rows)[1], rtol=1e-12)


def test_products_of_which_columns_are_read_lie_column_by_column(monkeypatch):
    """As those of the gates of an LSTM, however wide they are."""
    monkeypatch.setattr(in_place, "FEW_COLUMNS", 1)
    problem = repeated(long_short_term_memory(10), 40)
    program = compile(problem.loss, problem.inputs, problem.parameters, form="matrices")
    assert program.buffered_source.count('order="F")') == 4
    rows = list(problem.batch.values())
    np.testing.assert_allclose(program.value_and_gradient(*rows)[1], by_plain_source(program, *rows)[1], rtol=1e-11)


def test_a_mean_keeps_its_digits_where_terms_cancel():
    """Large logits that fit their classes: the difference of two sums would be rounding alone."""
    weights, x, t = [values(*RANDOM.normal(size=3) * 100.0) for _ in range(3)], values(0.1, 0.2, 0.3), values(1, 0, 0)
    program = compile(
        cross_entropy([dot(row, x) for row in weights], t),
        {"X": x, "T": t},
        [weight for row in weights for weight in row],
        dtype="float32",
    )
    rows = RANDOM.normal(size=(500, 3)).astype(np.float32)
    classes = (rows @ program.parameters.reshape(3, 3).T).argmax(axis=1)
    plain = by_plain_source(program, rows, np.eye(3, dtype=np.float32)[classes])
    value, _ = program.value_and_gradient(rows, classes)
    assert value >= 0.0
    np.testing.assert_allclose(value, plain[0], rtol=1e-4)


@pytest.mark.parametrize("name", ["c0", "i0", "c1", "loss_part", "logsumexp_part", "z0", "sin"])
def test_an_input_keeps_its_name_to_itself(name):
    xs, ps = values(0.5, -1.0, 2.0, 0.1), values(1.0, 0.5, -0.3, 0.8)
    total = logsumexp([(a * b * c).sin() for a, b, c in zip(xs, ps, (0.3, 0.7, 1.1, 0.2), strict=True)])
    rows = RANDOM.normal(size=(20, 4))
    named, usual = (compile(total, {each: xs}, ps, form="matrices") for each in (name, "X"))
    for ours, theirs in zip(named.value_and_gradient(rows), usual.value_and_gradient(rows), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_squares_that_overflow_are_no_warning():
    k, a = values(1.0), values(2.0)
    program = compile(a[0] * k[0], {"A": a}, k, form="matrices")
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        value, gradient = program.value_and_gradient(np.full((3, 1), 1e200))
    assert value == gradient[0] == 1e200


@pytest.mark.parametrize("samples", [5, 100, 2000])
def test_the_gradient_along_an_input_may_be_changed(samples, monkeypatch):
    monkeypatch.setattr(thresholds, "NUMBERS_IN_AN_ARRAY", 1)
    x, p = values(0.0, 1.0), values(1.0, 2.0)
    program = compile(sum_of(x) + sum_of(p), {"X": x}, p)
    rows = np.ones((samples, 2))
    d_x = program.value_and_gradient(rows, with_respect_to="X")[2]
    d_x *= 7.0
    np.testing.assert_allclose(program.value_and_gradient(rows, with_respect_to="X")[2], 1.0 / samples)


def test_views_of_the_parameters_are_kept_and_follow():
    model, x, t = MLP(2, [4, 1], activation="tanh", rng=0), values(0.0, 0.0), values(0.0)
    program = compile((model(x) - t[0]) ** 2, {"X": x, "T": t}, model.parameters())
    rows, targets = RANDOM.normal(size=(100, 2)), np.ones((100, 1))
    program.value_and_gradient(rows, targets)
    kept = program._program._kept_views
    assert len(kept) == 4
    program.parameters = program.parameters * 0.5
    value, gradient = program.value_and_gradient(rows, targets)
    assert program._program._kept_views is kept
    plain = by_plain_source(program, rows, targets)
    np.testing.assert_allclose(value, plain[0], rtol=1e-12)
    np.testing.assert_allclose(gradient, plain[1], rtol=1e-12)


def test_parameters_that_are_gathered_follow_too():
    """Parameters in an order that no slice has: the arrays of them are copies."""
    ps, x = values(*RANDOM.normal(size=6)), values(0.1, 0.2, 0.3)
    weights = [[ps[i] for i in order] for order in ([4, 0, 3], [5, 2, 1])]
    program = compile(sum_of([dot(row, x).tanh() for row in weights]), {"X": x}, ps, form="matrices")
    rows = RANDOM.normal(size=(20, 3))
    for _ in range(2):
        np.testing.assert_allclose(program.value_and_gradient(rows)[1], by_plain_source(program, rows)[1], rtol=1e-12)
        program.parameters = program.parameters + 0.25


def test_a_debugger_that_monitors_stops_in_the_plain_source(monkeypatch):
    tools = {0: None}
    monitoring = types.SimpleNamespace(DEBUGGER_ID=0, get_tool=tools.get)
    monkeypatch.setattr(sys, "monitoring", monitoring, raising=False)
    assert not matrices.is_debugged()
    tools[0] = "a debugger"
    assert matrices.is_debugged()


def test_a_gradient_of_which_entries_are_added_to_is_no_single_line():
    """Rates of which each is found by a step of Newton's method: all are read at once, and each by itself."""
    prices, rates = values(0.02, 0.03), []
    for n, price in enumerate(prices, 1):
        rate = price * 1.0  # where the method begins
        discount = (-rate * n).exp()
        error = price * (sum((-r * years).exp() for years, r in enumerate(rates, 1)) + discount) - (1.0 - discount)
        rates.append(rate - error / (-n * discount * price - n * discount))
    loss = sum((-r * years).exp() for years, r in enumerate(rates, 1))
    value, gradient = compile(loss, parameters=prices, form="matrices").value_and_gradient()
    np.testing.assert_allclose(value, loss.data, rtol=1e-12)
    np.testing.assert_allclose(gradient, gradients(loss, prices), rtol=1e-12)


def test_what_a_loop_adds_up_is_not_written_over_while_others_read_it():
    """Wealth after many periods, of which each has a return and costs: both read the gradient of its factor."""
    wealth, *bets = start, *_ = values(*RANDOM.normal(size=25))
    for n in range(12):
        costs = 0.01 * (abs(bets[2 * n]) + abs(bets[2 * n + 1]))
        wealth = wealth * (1.0 + 0.1 * n * bets[2 * n] - costs)
    program = compile(wealth.tanh(), parameters=[start, *bets], form="matrices")
    assert "for t in" in program.source
    theirs = gradients(wealth.tanh(), [start, *bets])
    np.testing.assert_allclose(program.value_and_gradient()[1], theirs, rtol=1e-12)
