"""Loops: found where arrays repeat, printed as `for` and as a scan, with the engine's gradients."""

import re
from collections.abc import Callable
from functools import reduce
from random import Random

import array_api_strict as strict
import jax
import numpy as np
import pytest

from micrograd_bp import Value, compile, dot, gradients, maximum
from micrograd_bp import sum as sum_of
from micrograd_bp.compiler.arrays.language import concatenate
from micrograd_bp.compiler.arrays.lowering import Lowered
from micrograd_bp.compiler.arrays.reading import variable_of
from micrograd_bp.compiler.arrays.rolling import RunningSum, _spelled
from tests import counts
from tests.counts import count
from tests.problems import recurrences
from tests.problems.agreement import by_engine, check, distance
from tests.problems.functions import check_function
from tests.problems.jax_precision import in_doubles
from tests.problems.problem import Problem

KNOWN: dict[str, tuple[Callable[[int], Problem], int]] = {
    "recurrent network": (recurrences.recurrent_network, 100),
    "loss at the end": (lambda n: recurrences.recurrent_network(n, each_step=False), 100),
    "LSTM": (recurrences.long_short_term_memory, 100),
    "letters": (recurrences.letters, 40),
    "letters looked up": (lambda n: recurrences.letters(n, are_rows=True), 40),
    "equal layers": (recurrences.equal_layers, 50),
    "Runge-Kutta": (recurrences.runge_kutta, 200),
    "chain": (recurrences.chain_of_period_five, 40),
    "unrolled descent": (recurrences.unrolled_descent, 10),
    "Kalman filter": (recurrences.kalman_filter, 50),
    "driven by parameters": (recurrences.driven_by_parameters, 20),
    "held controls": (recurrences.held_controls, 40),
    "heated rod": (recurrences.heated_rod, 20),
    "waves": (recurrences.waves, 20),
    "epidemic": (recurrences.epidemic, 20),
}
"""What people unroll, and how often."""


def agrees_with_gradients(problem):
    """Compiles a problem, and compares the gradient on the data as drawn with the engine's; gives the program."""
    program = compile(problem.loss, problem.inputs, problem.parameters, form="matrices")
    theirs, plain = np.array(gradients(problem.loss, problem.parameters)), {}
    exec(program.source, plain)
    rows = {name: np.array([[leaf.data for leaf in x]] * 3) for name, x in problem.inputs.items()}
    for value, gradient in (
        program.value_and_gradient(**rows),
        plain["value_and_gradient"](program.parameters, *rows.values()),
    ):
        np.testing.assert_allclose(value, problem.loss.data, rtol=1e-12)
        np.testing.assert_allclose(gradient, theirs, rtol=1e-12, atol=1e-12 * np.abs(theirs).max())
    return program


@pytest.mark.parametrize("name", KNOWN)
def test_what_people_unroll_becomes_a_loop(name):
    problem, rounds = KNOWN[name]
    rounds = rounds if rounds <= 50 else count(20, rounds)
    program = agrees_with_gradients(problem(rounds))
    assert len(re.findall(r"    for t in range\(", program.source)) == 1
    assert len(re.findall(r"    for t in reversed\(range\(", program.source)) == 1
    assert len(program.source.partition("# ---- numbers of the graph")[0].splitlines()) < 120


def test_all_steps_of_a_solver_are_in_the_loop():
    """Also the first, which takes over what the data say, and the last, from which a target is subtracted."""
    source = agrees_with_gradients(recurrences.runge_kutta(20)).source
    assert "    for t in range(20):\n" in source
    assert source.count("_before") == 0
    assert len(source.splitlines()) < 90


@pytest.mark.parametrize("options", [{}, {"product": recurrences.by_sum, "begins_as": float}])
def test_the_loop_is_what_one_would_have_written(options):
    program = agrees_with_gradients(recurrences.recurrent_network(100, **options))
    body = program.source.partition("# forward\n")[2].partition("\n    # the gradient")[0]
    assert [re.sub(r" +# \(.*", "", line) for line in body.splitlines()] == [
        "    loss = 0.0",
        "    a0 = np.zeros((batch, 3), parameters.dtype)",
        "    a0s, z1s = [a0], []",
        "    for t in range(100):",
        "        z0 = X[:, 2 * t:2 * t + 2] @ W0 + a0 @ W0_1 + b0",
        "        a0 = np.tanh(z0)",
        "        z1 = a0 @ W1 - Y[:, t:t + 1]",
        "        a1 = z1 * z1",
        "        loss = loss + a1",
        "        a0s.append(a0)",
        "        z1s.append(z1)",
        "",
        "    # the mean loss",
        "    value = loss.sum() / batch",
        "",
        "    # backward",
        "    d_loss = 1.0 / batch",
        "    d_a0 = np.zeros((batch, 3), parameters.dtype)",
        "    d_W1 = np.zeros((3, 1), parameters.dtype)",
        "    d_W0 = np.zeros((2, 3), parameters.dtype)",
        "    d_W0_1 = np.zeros((3, 3), parameters.dtype)",
        "    d_b0 = np.zeros((3,), parameters.dtype)",
        "    for t in reversed(range(100)):",
        "        d_z1 = d_loss * (2.0 * z1s[t])",
        "        d_a0 = d_a0 + d_z1 @ W1.T",
        "        d_z0 = d_a0 * (1.0 - a0s[t + 1] * a0s[t + 1])",
        "        d_W1 += a0s[t + 1].T @ d_z1",
        "        d_W0 += X[:, 2 * t:2 * t + 2].T @ d_z0",
        "        d_W0_1 += a0s[t].T @ d_z0",
        "        d_b0 += d_z0.sum(axis=0)",
        "        d_a0 = d_z0 @ W0_1.T",
    ]


def test_a_first_state_of_parameters_is_what_the_first_round_takes_over():
    """Its product with the weights is not taken before the loop, though no sample has a part in it."""
    source = agrees_with_gradients(recurrences.features(20)).source
    assert "    for t in range(20):\n" in source
    assert source.count(" @ ") == 5


def test_equal_layers_read_their_parameters_at_places_that_move_on():
    program = agrees_with_gradients(recurrences.equal_layers(50))
    assert "W0 = parameters[12 * t:12 * t + 12].reshape(3, 4)[:, :3].T" in program.source
    assert "gradient[12 * t:12 * t + 12].reshape(3, 4)[:, :3] = d_W0.T" in program.source
    # In place, the views are taken once, and products written where they belong.
    views, _, run = program.buffered_source.partition("return W0s, b0s, ")
    assert "W0s = [parameters[12 * t:12 * t + 12].reshape(3, 4)[:, :3].T for t in range(50)]" in views
    assert "np.matmul(d_z0.T, a0s[t], out=gradient[12 * t:12 * t + 12].reshape(3, 4)[:, :3])" in run


def test_few_rounds_stay_as_they_are():
    assert "for t in" not in compile(*recurrences.recurrent_network(5)[:3], form="matrices").source


@pytest.mark.parametrize("seed", range(count(10, 1_000)))
def test_random_recurrences(seed):
    check(recurrences.random_recurrence(seed), form="matrices")


@pytest.mark.parametrize("seed", range(count(8, 1_000)))
def test_random_grids(seed):
    """Their ends are computed from other things than what is between them."""
    check(recurrences.random_grid(seed), form="matrices")


def test_parameters_of_a_round_lack_the_same_entries_in_two_places():
    check(recurrences.random_recurrence(118), form="matrices")


@pytest.mark.parametrize("seed", [900_411, *range(count(20, 200))])
def test_random_recurrences_of_matrices_from_the_same_parameters(seed):
    """In the first, sums of the same inputs by other weights look like places that a kernel is moved over."""
    check(recurrences.random_recurrence(seed, recurrences.SharedDraw), form="matrices")


def test_most_random_recurrences_have_a_loop():
    programs = [compile(*recurrences.random_recurrence(seed)[:3], form="matrices") for seed in range(8)]
    assert sum(" in range(" in program.source for program in programs) >= 4


@pytest.mark.parametrize("name", ["recurrent network", "letters", "LSTM", "equal layers", "chain"])
def test_on_other_libraries_a_loop_is_a_scan(name):
    problem = KNOWN[name][0](12)
    program = compile(problem.loss, problem.inputs, problem.parameters, form="matrices")
    functional = program.namespace(strict)
    assert functional.source.count("xp.scan(") == 2
    gives_the_engines(problem, functional)
    if name in [
        "chain",
        "letters",
        *(["LSTM", "equal layers"] if counts.full else []),
    ]:  # which JAX compiles in a second
        with in_doubles():
            gives_the_engines(problem, jax.jit(program.to_jax()))


def gives_the_engines(problem, function):
    """Checks what a function gives for the numbers of a problem."""
    value, gradient = function(problem.numbers, **problem.batch)
    theirs = by_engine(problem)
    ours = theirs._replace(value=np.array([value]), gradient=np.asarray(gradient))
    assert distance(problem, ours, theirs) <= 1.0


def best_path(steps: int) -> Problem:
    """The best of all ways through three states; it begins at the first entries of what all rounds go through."""
    draw, n = recurrences.Draw(3), 3
    seen, a = draw.leaves(n * steps), draw.matrix(n, n)
    best = seen[:n]
    for t in range(1, steps):
        best = [reduce(maximum, (best[i] + a[i][j] for i in range(n))) + seen[n * t + j] for j in range(n)]
    return draw.problem(reduce(maximum, best), E=seen)


def growing_sum(steps: int) -> Problem:
    """A sum whose gradient is what each of its terms receives."""
    draw = recurrences.Draw(4)
    (x,), (w,), total, loss = draw.leaves(1), draw.vector(1), Value(0.0), Value(0.0)
    for t in range(1, steps):
        total = total + (w * x * t).exp()
        loss = loss + (total / (t + 1) - x) ** 2
    return draw.problem(loss, X=[x])


@pytest.mark.parametrize("problem", [best_path(12), growing_sum(20)])
def test_ends_that_look_like_rounds(problem):
    assert "for t in range(" in agrees_with_gradients(problem).source


def test_one_loop_after_the_other_with_the_same_parameters():
    w, x = Value(0.5), Value(0.3)
    first = x
    for _ in range(15):
        first = (first * w).sin()
    second = first
    for _ in range(15):
        second = (second * w + first).tanh()
    third = second
    for _ in range(15):
        third = (third * w).cos()
    loss = second * third + first  # which looks like a round of the second
    program = compile(loss, parameters=[w, x], form="matrices")
    assert program.source.count("for t in range(") == program.source.count("for t in reversed(range(") == 3
    np.testing.assert_allclose(program.value_and_gradient()[1], gradients(loss, [w, x]), rtol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_parameters_that_are_drawn_at_random_for_each_round(seed):
    """Some are read in several rounds, and outside of them too, under names of their own."""
    rng = Random(seed)
    w = [Value(rng.uniform(0.5, 1.0)) for _ in range(5)]
    x = w[0] * 0.3
    for _ in range(12):
        a, b = rng.choices(w, k=2)
        x = ((x + a * (x * x)) * b).sin()
    loss = x * w[1]
    program = compile(loss, parameters=w, form="matrices")
    assert "    for t in range(" in program.source
    np.testing.assert_allclose(program.value_and_gradient()[1], gradients(loss, w), rtol=1e-12)


def test_outputs_of_each_step_are_kept():
    loss, x, w, states = exponentials(12)
    flat = [each for state in states for each in state]
    outputs = {"states": flat, "last": states[-1], "third": states[2], "some": [*states[2], states[7][1]]}
    program = compile(loss, {"X": x}, w, outputs, form="matrices")
    predict = program.source.partition("def predict")[2]
    assert "exps.append(exp)" in predict
    assert "np.concatenate([*exps], axis=-1)" in predict
    for given in (
        program.predict(np.array([[0.1, 0.2]])),
        program.namespace(strict).predict(program.parameters, [[0.1, 0.2]]),
    ):
        for name, nodes in outputs.items():
            np.testing.assert_allclose(np.asarray(given[name])[0], [each.data for each in nodes], rtol=1e-12)


def test_outputs_of_two_loops_one_after_the_other():
    """What reads a round of the second loop comes after it, and that after the first."""
    loss, x, w, first = exponentials(12)
    h, second = [Value(0.2)] * 2, []
    for _ in range(12):
        h = [(state * weight + each).tanh() for state, weight, each in zip(h, w, first[-1], strict=True)]
        second.append(h)
    outputs = {"both": [*second[3], first[2][0]], "last": h, "twice": [2.0 * each for each in second[5]]}
    program = compile(loss + sum_of(h), {"X": x}, w, outputs, form="matrices")
    assert program.source.partition("def predict")[2].count(" in range(") == 2
    given = program.predict(np.array([[0.1, 0.2]]))
    for name, nodes in outputs.items():
        np.testing.assert_allclose(given[name][0], [each.data for each in nodes], rtol=1e-12)


def exponentials(rounds):
    """h ← exp(h·w + x), and all values of h."""
    x, w = [Value(0.1), Value(0.2)], [Value(0.1), Value(0.3)]
    h, states = [Value(0.0), Value(0.5)], []
    for _ in range(rounds):
        h = [(state * weight + each).exp() for state, weight, each in zip(h, w, x, strict=True)]
        states.append(h)
    return sum_of([sum_of(state) for state in states]), x, w, states


def test_a_value_is_found_in_its_round():
    loss, x, w, states = exponentials(12)
    program = compile(loss, {"X": x}, w, form="matrices")
    forward, backward = program.where(states[5][1])
    assert (forward.array, forward.index, forward.statement) == ("exp", (5, 1), "exp = np.exp(sum)")
    assert (backward.array, backward.index) == ("d_exp", (5, 1))
    assert program.where("exp[5, 1]") is program.where("d_exp[5, 1]") is states[5][1]
    assert program.where("exp[0, 0]") is states[0][0]
    with pytest.raises(LookupError, match=r"exp goes from exp\[0, 0\] to exp\[11, 1\]"):
        program.where("exp[12, 0]")


def test_a_number_that_is_not_finite_is_found_in_its_round():
    loss, x, w, states = exponentials(12)
    program = compile(loss, {"X": x}, w, form="matrices")
    program.parameters = [0.1, 3.0]
    with pytest.raises(FloatingPointError, match=r"it begins with exp = np\.exp\(sum\)") as raised:
        program.value_and_gradient(np.array([[0.1, 0.2]]))
    assert repr(states[2][1]) in str(raised.value) or repr(states[3][1]) in str(raised.value)


def test_inputs_may_have_the_names_of_a_loop():
    loss, x, w, states = exponentials(12)
    theirs = gradients(loss, w)
    for name, start in {"t": "for t_ in range(12):", "range": "in range_(12):", "reversed": "in reversed_("}.items():
        states[3][0].label = states[3][1].label = "range"
        program = compile(loss, {name: x}, w, {"reversed": states[7]}, form="matrices")
        assert start in program.source
        for samples in (1, 70):
            gradient = program.value_and_gradient(np.tile([0.1, 0.2], (samples, 1)))[1]
            np.testing.assert_allclose(gradient, theirs, rtol=1e-12)
        program.predict(np.array([[0.1, 0.2]]))


@pytest.mark.parametrize(
    "extra", [sum_of, lambda p: sum_of([x * x for x in p]), lambda p: sum_of(p).tanh(), lambda p: Value(0.0)]
)
def test_what_goes_to_all_parameters_is_added_to_what_a_loop_gives_them(extra):
    factors = [Value(0.2 + 0.1 * t) for t in range(10)]
    loss = reduce(lambda h, factor: (h * factor).tanh(), factors, Value(0.3)) + extra(factors)
    program = compile(loss, parameters=factors, form="matrices")
    assert " in range(" in program.source
    np.testing.assert_allclose(program.value_and_gradient()[1], gradients(loss, factors), rtol=1e-13)


def test_a_sum_in_a_loop_may_begin_with_what_has_no_samples():
    """As with weight decay, which counts once and not once for each sample."""
    w, x, h = Value(0.5), [Value(0.1 * t) for t in range(10)], Value(0.0)
    loss = w * w
    for number in x:
        h = (h * w + number).tanh()
        loss = loss + h * h
    theirs = gradients(loss, [w])
    program = compile(loss, inputs={"X": x}, parameters=[w], form="matrices")
    assert " in range(" in program.source
    for samples in (1, 2, 9):
        batch = np.tile([number.data for number in x], (samples, 1))
        np.testing.assert_allclose(program.value_and_gradient(batch)[1], theirs, rtol=1e-13)


def test_rounds_without_parameters_hand_back_what_they_are_given():
    w, x = [Value(0.5), Value(-0.3)], [Value(0.1 * t) for t in range(24)]
    h, loss = x[:2], dot(w, w)
    for t in range(1, 12):
        h = [state + each for state, each in zip(h, x[2 * t : 2 * t + 2], strict=True)]
        loss = loss + h[0].sin() * h[1]
    program = agrees_with_gradients(Problem(loss, {"X": x}, w, {}, {}, np.zeros(0)))
    assert " in range(" in program.source
    assert "reversed" not in program.source


def test_pieces_of_other_widths_are_not_those_of_another_round():
    """One and two entries side by side, and two and one, are as many; a first state must not be stretched to fit."""
    narrow, wide, joined = (RunningSum([Value(0.0)] * size, batched=True) for size in (1, 2, 3))
    structures = {}
    first, second = (
        _spelled(Lowered(joined, concatenate([variable_of(each) for each in pieces])), structures)
        for pieces in ((narrow, wide), (wide, narrow))
    )
    assert first.structure != second.structure


def test_a_routine_is_printed_with_what_its_loops_do():
    problem = recurrences.recurrent_network(20, each_step=False)
    routine = compile(problem.loss, problem.inputs, problem.parameters, form="matrices")._program.routines[0]
    forward, backward = [text.splitlines() for text in str(routine).split("for t in ")[1:]]
    assert (forward[0], backward[0]) == ("range(0, 20):", "reversed(range(0, 20)):")
    assert "    a0 = tanh(z0)" in forward
    assert "    d_z0 = multiply(d_a0, subtract(1.0, multiply(a0, a0)))" in backward


@pytest.mark.parametrize(
    ("problem", "n_loops"),
    [
        (recurrences.choices, 2),
        (recurrences.features, 2),
        (recurrences.one_of_several, 2),
        (recurrences.encoder_and_decoder, 4),
        (recurrences.rows_in_any_order, 2),
        (recurrences.offset_in_two_layers, 2),
        (recurrences.numbers_of_each_step, 2),
        (recurrences.two_of_the_same, 4),
        (recurrences.without_weights, 1),
    ],
)
def test_loops_of_several_kinds_on_arrays_that_never_change(problem, n_loops):
    program = check(problem(12), form="matrices", with_respect_to=[])
    assert program.source.count("    for t in ") == n_loops
    check_function(problem(12), program.namespace(strict))
