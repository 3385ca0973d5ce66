"""Tapes give what the engine gives, on random graphs, for samples and batches; and Python does without them."""

import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random

import numpy as np
import pytest

from micrograd_bp import compile
from micrograd_bp.compiler import thresholds
from micrograd_bp.compiler.find.numbering import Numbering
from micrograd_bp.compiler.run import lines
from micrograd_bp.compiler.run.tape import Tape
from micrograd_bp.compiler.run.tape_kernel import CODES
from micrograd_bp.engine import OPERATIONS, Value, operation
from micrograd_bp.engine.numbers.floats import Floats
from micrograd_bp.engine.operations import dot, log, logsumexp
from micrograd_bp.engine.operations import sum as sum_of
from tests.counts import count
from tests.problems.agreement import by_engine, distance
from tests.problems.random_graphs import define_operations, random_problem
from tests.problems.straight_lines import answer, is_right, run, straight_line

on_a_tape = partial(run, tape=True)


@pytest.mark.parametrize("block", range(count(3, 10)))
def test_random_graphs_give_what_the_engine_gives(block, table):
    own_operations = define_operations()
    for seed in range(20_000 + 50 * block, 20_050 + 50 * block):
        problem = random_problem(Random(seed), own_operations)
        assert distance(problem, answer(problem, tape=True), by_engine(problem)) <= 1.0, seed


def test_there_is_a_code_for_every_function_of_numbers():
    """But for those that contract a group, which are written out."""
    functions = {name for name in dir(Floats) if not name.startswith("_")}
    contracting = {name for name, entry in OPERATIONS.items() if entry.many}
    operators = {"add", "subtract", "multiply", "divide", "negative", "multiply_add"}
    assert set(CODES) == functions - contracting | operators


def test_a_chain_of_100_000_operations():
    a, b = Value(1.0005), Value(1e-3)
    x = a
    for i in range(50_000):
        x = (x * a).tanh() if i % 5 == 4 else x * a + b
    is_right(x, [a, b], tape=True)


def test_groups_of_any_size():
    for n in (1, 2, 7, 1000):
        x = [Value(math.sin(i)) for i in range(n)]
        for loss in (sum_of(x), dot(x, x, x[0]), logsumexp(x), sum_of([x[0]] * n), x[0] - sum_of(x) * 2.0):
            is_right(loss, x, tape=True)


def test_a_loss_that_is_a_parameter_or_a_constant():
    x, y = Value(2.0), Value(3.0)
    assert on_a_tape(x, [x, y]) == (2.0, [1.0, 0.0])
    assert on_a_tape(Value(5.0), [x]) == (5.0, [0.0])


def test_arithmetic_is_ieee():
    x, y = Value(1.0), Value(2.0)
    assert on_a_tape(log(x), [x], [0.0]) == (-math.inf, [math.inf])
    assert on_a_tape(x.exp(), [x], [800.0]) == (math.inf, [math.inf])
    assert on_a_tape(logsumexp([x, y]), [x, y], [-math.inf, -math.inf])[0] == -math.inf
    assert math.isnan(on_a_tape(log(x) * 0.0, [x], [0.0])[0])
    assert on_a_tape(x.floor() + x.ceil(), [x], [math.inf])[0] == math.inf


def test_a_batch_runs_on_a_tape_or_on_arrays_with_the_same_numbers(monkeypatch):
    x, w = Value(0.5), Value(1.5)
    made = straight_line((x * w).tanh(), {"X": [x]}, [w], {"y": [(x * w).sin()]}, with_respect_to=["X"], tape=True)
    rows = np.linspace(-1.0, 2.0, 100).reshape(-1, 1)  # in whose sums nothing cancels
    answers = []
    for few in (1000, 0):
        monkeypatch.setattr(thresholds, "SAMPLES_ON_A_TAPE", few)
        value, gradient, d_rows = made.value_and_gradient(np.array([0.7]), [rows], 100)
        answers.append(np.concatenate([[value], gradient, d_rows[:, 0], made.predict([0.7], [rows], 100)["y"][:, 0]]))
    np.testing.assert_allclose(*answers, rtol=1e-13, atol=1e-17)


def test_numbers_of_any_layout_are_taken():
    x, w = [Value(0.5), Value(0.25)], [Value(1.5), Value(2.0)]
    made = straight_line(dot(x, w), {"X": x}, w, {}, tape=True)
    rows, numbers = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32), np.arange(1.0, 5.0)
    numbers.flags.writeable = False
    value, gradient = made.value_and_gradient(numbers[::2], [rows[:, ::2]], 2)
    assert (value, gradient.tolist()) == (16.0, [2.5, 4.5])


def test_a_rule_of_ones_own_runs_on_the_same_kernel(table):
    @operation("rational")
    def rational(xp, x, *, scale=2.0):
        y = 1.0 / (scale + xp.softplus(x))
        return y, (-(y * y) * xp.sigmoid(x),)

    x = Value(0.3)
    is_right(rational(x) * rational(2.0 * x, scale=3.0), [x], tape=True)


def test_without_an_instruction_for_a_function_there_is_no_tape():
    x = Value(0.5)
    made = straight_line((x + 3.0).lgamma(), {}, [x], {}, tape=True)
    assert not made.has_tape
    value, (slope,) = made.value_and_gradient(np.array([0.5]), [], None)
    assert (value, slope) == pytest.approx((math.lgamma(3.5), x.digamma().data + 1 / 0.5 + 1 / 1.5 + 1 / 2.5))
    with pytest.raises(ValueError, match='form="tape" has no instruction for functions such as lgamma'):
        compile((x + 3.0).lgamma(), parameters=[x], form="tape")
    chain = x
    for _ in range(thresholds.OPERATIONS_FOR_A_TAPE):
        chain = chain * 0.5
    assert compile(chain, parameters=[x]).form == "tape"
    assert compile(chain + (x + 3.0).lgamma(), parameters=[x]).form == "straight line"


def test_statements_become_a_tape_when_that_has_paid(monkeypatch):
    """By the number of operations that they have computed; never under the eyes of a debugger."""
    monkeypatch.setattr(thresholds, "OPERATIONS_BEFORE_A_TAPE", 3_000)
    debugged = [True]
    monkeypatch.setattr(lines, "is_debugged", lambda: debugged[0])
    w, x = Value(0.5), Value(0.3)
    chain = x
    for _ in range(400):
        chain = (chain * w).sin()
    program = compile(chain, {"X": [x]}, [w])
    assert program.form == "straight line"
    results = []
    for n_calls in range(1, 8):
        debugged[0] = n_calls < 5
        results.append(program.value_and_gradient(np.array([[0.3], [0.4]])))
        assert bool(program._program._tapes) == (n_calls >= 5)
    for value, gradient in results:
        assert value == pytest.approx(results[0][0], rel=1e-12)
        assert gradient == pytest.approx(results[0][1], rel=1e-12)
    assert program.form == "straight line"


def test_python_is_written_when_it_is_asked_for():
    x = Value(0.5)
    made = straight_line(x.tanh(), {}, [x], {}, tape=True)
    made.value_and_gradient(np.array([0.5]), [], None)
    assert "python" not in vars(made)
    assert "tanh" in made.source
    assert made.where(x)


def test_a_tape_can_run_again():
    """Nothing of a run is left in the next one."""
    x, y = Value(0.5), Value(2.0)
    made = straight_line(x * y + x.exp() * y, {}, [x, y], {}, tape=True)
    first = made.value_and_gradient(np.array([0.5, 2.0]), [], None)
    made.value_and_gradient(np.array([math.nan, math.inf]), [], None)
    again = made.value_and_gradient(np.array([0.5, 2.0]), [], None)
    assert (first[0], first[1].tolist()) == (again[0], again[1].tolist())


def test_threads_may_share_a_tape():
    x = Value(0.5)
    chain = x
    for _ in range(5_000):
        chain = chain * 1.0001 + 1e-6
    made = straight_line(chain, {}, [x], {}, tape=True)

    def value_at(number):
        return made.value_and_gradient(np.array([number]), [], None)[0]

    numbers = [0.1 * i for i in range(100)]
    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(value_at, numbers)] == [*map(value_at, numbers)]


def test_ten_operations_of_a_chain_are_27_instructions():
    a, b = Value(1.0005), Value(1e-3)
    x = a
    for _ in range(100):
        for _ in range(4):
            x = x * a + b
        x = (x * a).tanh()
    graph = Numbering([x], [a, b], [a, b])
    assert len(Tape(graph, [0, 1]).instructions) <= 27 * 100
