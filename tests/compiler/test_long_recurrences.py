"""Long recurrences: compiled from a few of their rounds, and the same as if all had been."""

from collections.abc import Callable

import pytest

from micrograd_bp import Value, compile, dot, greater, where
from micrograd_bp import sum as sum_of
from micrograd_bp.compiler import thresholds
from micrograd_bp.compiler.arrays import rolling
from micrograd_bp.compiler.find.grouping import Grouping
from micrograd_bp.compiler.run.arguments import checked_graph
from micrograd_bp.compiler.run.matrices import Matrices
from micrograd_bp.engine import topological_order
from tests.counts import count
from tests.problems import recurrences
from tests.problems.agreement import check
from tests.problems.problem import Problem

ROUNDS = 60


@pytest.fixture(autouse=True)
def _short_ones_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thresholds, "LONG_RECURRENCE", 0)


def matrices(problem: Problem) -> Matrices:
    """The program of a problem, of which most rounds may have been left out."""
    graph = checked_graph(*problem[:2], problem.parameters, problem.outputs)
    grouping = Grouping.of(graph)
    assert grouping is not None
    return Matrices(grouping, graph)


def is_shortened(problem: Problem) -> bool:
    return matrices(problem).grouping.period is not None


@pytest.mark.parametrize(
    "problem",
    [
        recurrences.recurrent_network(ROUNDS),
        recurrences.recurrent_network(ROUNDS, product=recurrences.by_sum, begins_as=float),
        recurrences.long_short_term_memory(ROUNDS),
        recurrences.runge_kutta(ROUNDS),
        recurrences.chain_of_period_five(2 * ROUNDS),
        recurrences.unrolled_descent(ROUNDS),
    ],
    ids=["network", "by sum", "LSTM", "Runge-Kutta", "chain", "descent"],
)
def test_the_text_is_that_of_the_whole_graph(problem, monkeypatch):
    shortened = matrices(problem)
    monkeypatch.setattr(thresholds, "LONG_RECURRENCE", 10**9)
    whole = matrices(problem)
    assert shortened.grouping.period is not None is whole.grouping.period
    assert shortened.source == whole.source
    for node in topological_order(problem.loss):
        assert shortened.where(node) == whole.where(node)


CASES: dict[str, Callable[..., Value]] = {}
"""Recurrences of a state h from rounds t, with two parameters and an input for each round."""


def case(function: Callable[..., Value]) -> Callable[..., Value]:
    CASES[function.__name__] = function
    return function


@case
def odd_constant(h, t, a, b, x):
    return (a * h + b * (0.2 if t == ROUNDS // 2 else 0.1)).tanh()


@case
def time_in_the_formula(h, t, a, b, x):
    return (a * h + b * x * (0.1 * t) + 0.01 * t * t).tanh()


@case
def two_kinds_of_rounds(h, t, a, b, x):
    return (a * h + b).tanh() if t % 2 else (b * h - a * x).sigmoid()


@case
def signs_of_zero(h, t, a, b, x):
    return (a * h + b * x + (-0.0 if t % 3 else 0.0)).tanh()


@case
def choices(h, t, a, b, x):
    return where(greater(x, 0.0), (a * h).tanh(), h + b * x)


@case
def constants_that_are_shared_in_a_round(h, t, a, b, x):
    step = Value(0.1 + 0.01 * t)
    return h + step * (a * h - step * b * x).tanh()


def of_case(name: str) -> Problem:
    draw = recurrences.Draw(5)
    (a, b), x, (h,) = draw.vector(2), draw.leaves(ROUNDS), draw.leaves(1)
    for t in range(ROUNDS):
        h = CASES[name](h, t, a, b, x[t])
    return draw.problem(h * h + 0.1 * (a * a + b * b), X=x)._replace(outputs={"h": [h]})


@pytest.mark.parametrize("name", CASES)
def test_rounds_that_differ_in_their_leaves(name):
    problem = of_case(name)
    assert is_shortened(problem)
    check(problem, form="matrices")


def in_turn(draw: recurrences.Draw, order: list[int]) -> Problem:
    (a, b), x, h = draw.vector(2), draw.leaves(ROUNDS), Value(0.0)
    for t in order:
        h = (a * h + b * x[t]).tanh()
    return draw.problem(h * h, X=x)


def test_inputs_in_any_order_are_read_in_that_order():
    draw = recurrences.Draw(6)
    for order in (list(range(ROUNDS)[::-1]), draw.rng.sample(range(ROUNDS), ROUNDS)):
        problem = in_turn(recurrences.Draw(6), order)
        assert is_shortened(problem)
        check(problem, form="matrices")


def test_what_was_made_two_rounds_before():
    draw = recurrences.Draw(7)
    a, b = draw.vector(2)
    before, h = draw.leaves(2)
    for _ in range(2 * ROUNDS):
        before, h = h, (a * h + b * before).tanh()
    problem = draw.problem(h * h)
    assert is_shortened(problem)
    check(problem, form="matrices")
    places = matrices(problem).where(h.operands[0])
    assert "h" not in [place.array for place in places]


def test_a_state_with_several_entries_and_a_loss_at_each_step():
    draw, width = recurrences.Draw(8), 3
    w, u, v = draw.matrix(width, width), draw.matrix(width, 2), draw.vector(width)
    x, y, h, loss = draw.leaves(2 * ROUNDS), draw.leaves(ROUNDS), [Value(0.0)] * width, Value(0.0)
    for t in range(ROUNDS):
        h = [(dot(a, h) + dot(b, x[2 * t : 2 * t + 2])).tanh() for a, b in zip(w, u, strict=True)]
        loss = loss + (dot(v, h) - y[t]) ** 2
    problem = draw.problem(loss, samples=70, X=x, Y=y)._replace(outputs={"state": h})
    assert is_shortened(problem)
    check(problem, form="matrices")


def read_in_the_middle(h: list[Value]) -> Value:
    return h[-1] * h[-1] + h[ROUNDS // 2]


def read_everywhere(h: list[Value]) -> Value:
    return sum_of([each * each for each in h])


@pytest.mark.parametrize("loss", [read_in_the_middle, read_everywhere])
def test_what_reads_more_than_the_last_round_is_compiled_as_a_whole(loss):
    draw = recurrences.Draw(9)
    (a, b), x, h = draw.vector(2), draw.leaves(ROUNDS), [Value(0.0)]
    for t in range(ROUNDS):
        h.append((a * h[-1] + b * x[t]).tanh())
    problem = draw.problem(loss(h[1:]), X=x)
    assert not is_shortened(problem)
    check(problem, form="matrices")


@pytest.mark.parametrize("shift", [-1, 1, 2])
def test_an_input_that_is_read_in_two_rounds(shift):
    draw = recurrences.Draw(12)
    (a, b), x, h, loss = draw.vector(2), draw.leaves(ROUNDS + 4), Value(0.0), Value(0.0)
    for t in range(1, ROUNDS + 1):
        h = (a * h + b * x[t]).tanh()
        loss = loss + (h - x[t + shift]) ** 2
    check(draw.problem(loss, X=x), form="matrices")


@pytest.mark.parametrize("of_parameters", [lambda a: a, lambda a: 0.01 * a * a, lambda a: 0.125, lambda a: -a.exp()])
def test_what_is_the_same_is_added_in_all_rounds(of_parameters):
    draw = recurrences.Draw(13)
    (a, b), x, h, loss = draw.vector(2), draw.leaves(ROUNDS), Value(0.0), Value(0.0)
    for t in range(ROUNDS):
        h = (a * h + b * x[t]).tanh()
        loss = loss + (h - 0.5) ** 2 + of_parameters(a)
    problem = draw.problem(loss, X=x)
    assert is_shortened(problem)
    check(problem, form="matrices")


@pytest.mark.parametrize("inputs", [["X"], []], ids=["input", "constants"])
def test_leaves_of_a_round_that_are_read_elsewhere(inputs):
    for place in (0, 6, 11, ROUNDS - 1):
        for reader in ("before", "in each round", "after", "as output"):
            draw = recurrences.Draw(14)
            (a, b, c), x = draw.vector(3), draw.leaves(ROUNDS)
            h = x[place] if reader == "before" else Value(0.1)
            for t in range(ROUNDS):
                h = (a * h + b * x[t] + (c * x[place] if reader == "in each round" else 0.0)).tanh()
            problem = draw.problem((h - x[place]) ** 2 if reader == "after" else h, **dict.fromkeys(inputs, x))
            outputs = {"x": [x[place]]} if reader == "as output" and inputs else {}
            check(problem._replace(outputs=outputs), form="matrices")


@pytest.mark.parametrize("steps", [(40, 60), (10, 60), (60, 40)])
@pytest.mark.parametrize("in_turn", [False, True])
def test_two_chains_that_are_grouped_together(steps, in_turn):
    draw = recurrences.Draw(15)
    a, b, c, d, g, h = draw.vector(6)
    for _ in range(steps[0]):
        g = 0.9 * g + 0.3 * (a * g + b).tanh()
    for _ in range(steps[1]):
        h = 0.9 * h + 0.3 * (c * h + d).tanh()
    check(draw.problem(g * h + g if in_turn else h * g + h), form="matrices")


def test_half_of_what_rounds_of_three_kinds_compute():
    draw, functions = recurrences.Draw(16), (Value.tanh, Value.sin, Value.sigmoid)
    a, b, before, h = draw.vector(4)
    loss = Value(0.0)
    for t in range(3 * ROUNDS):
        before, h = h, functions[t % 3](a * before + b + 0.01 * t)
        loss = loss + (h - 0.3) ** 2
    check(draw.problem(loss)._replace(outputs={"h": [h]}), form="matrices")


def test_a_sum_over_samples_is_no_recurrence():
    draw = recurrences.Draw(10)
    (a, b), loss = draw.vector(2), Value(0.0)
    for x in draw.leaves(ROUNDS):
        loss = loss + ((a * x + b).tanh() - 0.5) ** 2
    problem = draw.problem(loss)
    assert not is_shortened(problem)
    assert "for t in" not in matrices(problem).source


def test_an_odd_round_in_the_middle_is_not_left_out():
    draw = recurrences.Draw(11)
    (a, b), h = draw.vector(2), draw.leaves(1)[0]
    for t in range(2 * ROUNDS):
        h = (a * h + b).sigmoid() if t == ROUNDS else (a * h + b).tanh()
    check(draw.problem(h * h), form="matrices")


@pytest.mark.parametrize("seed", range(count(6, 100)))
def test_random_recurrences(seed):
    kind = recurrences.SharedDraw if seed % 3 == 2 else recurrences.Draw
    check(recurrences.random_recurrence(seed, kind, 30, 60), form="matrices")


def test_most_random_recurrences_are_shortened():
    problems = [recurrences.random_recurrence(seed, fewest=30, most=60) for seed in range(12)]
    assert sum(map(is_shortened, problems)) >= 4


def test_a_chain_in_machine_code():
    problem = recurrences.chain_of_period_five(2 * ROUNDS)
    check(problem, form="native")
    program = compile(problem.loss, parameters=problem.parameters)  # in which arrays have one entry each
    assert program.native_source
    assert "for t in range(" in program.source


def test_where_no_loop_is_found_all_rounds_are_compiled(monkeypatch):
    def refuse(*arguments: object) -> None:
        raise rolling.NotStretchedError

    problem = recurrences.chain_of_period_five(600)
    monkeypatch.setattr(rolling, "_with_ends", refuse)
    for form in ("matrices", "native"):
        check(problem, form=form)
    assert compile(problem.loss, parameters=problem.parameters).form == "tape"
