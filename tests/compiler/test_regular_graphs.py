"""Graphs with the structure of networks, in many disguises: the program answers as the scalar engine does."""

from random import Random

import numpy as np
import pytest

from micrograd_bp import Value, compile, dot, l2
from micrograd_bp import sum as sum_of
from tests.counts import count
from tests.problems.agreement import check
from tests.problems.patterns import PATTERNS, Drawer
from tests.problems.problem import Problem, repeated

N_SEEDS = count(2, 12)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_programs_answer_as_the_engine_does(pattern):
    for seed in range(N_SEEDS):
        problem = Drawer(Random(f"{pattern} {seed}")).problem(PATTERNS[pattern])
        check(problem)


@pytest.mark.parametrize("pattern", ["gaps", "random_skips", "inputs_among_parameters_in_a_dot"])
def test_the_patterns_that_found_most_faults_are_drawn_more_often(pattern):
    for seed in range(N_SEEDS, count(3, 12) * N_SEEDS):
        check(Drawer(Random(f"{pattern} {seed}")).problem(PATTERNS[pattern]))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_large_batches_answer_as_the_engine_does(pattern):
    """More samples than any group has members, and more than a program may want to take at once."""
    problem = Drawer(Random(pattern)).problem(PATTERNS[pattern])
    random = np.random.default_rng(0)
    batch = {name: random.uniform(-1.0, 1.0, size=(23, len(group))) for name, group in problem.inputs.items()}
    problem = problem._replace(batch=batch)
    check(problem)
    check(repeated(problem, 50))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_program_is_that_of_the_graph_and_not_of_its_sample(pattern):
    """Another sample in the leaves when compiled: the same program."""
    problem = Drawer(Random(pattern)).problem(PATTERNS[pattern])
    source = check(problem).source
    for leaf in problem.input_leaves:
        leaf.data += 0.125
    assert check(problem).source == source


def test_a_gradient_that_is_returned_as_it_is_stays_in_the_program():
    """That along an input is that along its sum with a parameter, which the text in place would do without."""
    x, p = [Value(0.1 * i) for i in range(3)], [Value(0.4 + 0.1 * i) for i in range(3)]
    weights = [[Value(0.1 * i + 0.2 * j) for i in range(3)] for j in range(2)]
    first, second = [dot(row, [a + b for a, b in zip(x, p, strict=True)]).tanh() for row in weights]
    parameters = [*p, *(weight for row in weights for weight in row)]
    program = compile(first * first + second, inputs={"X": x}, parameters=parameters)
    rows = np.linspace(-1.0, 1.0, 60).reshape(20, 3)
    d_x = program.value_and_gradient(rows, with_respect_to="X")[2]
    one_by_one = [program.value_and_gradient(row[None], with_respect_to="X")[2][0] / 20 for row in rows]
    np.testing.assert_allclose(d_x, one_by_one, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("first", [0, 1])
def test_columns_of_rows_are_read_and_added_to_as_slices(first):
    """Three neurons, each of which takes three of its own four inner values: no index is needed, one way or back."""
    random = Random(first)
    x = [Value(random.uniform(-1.0, 1.0)) for _ in range(12)]
    scales, weights = ([Value(random.uniform(-1.0, 1.0)) for _ in range(n)] for n in (12, 9))
    inner = [(a * scale).tanh() for a, scale in zip(x, scales, strict=True)]
    neurons = [
        dot(weights[3 * row : 3 * row + 3], inner[4 * row + first : 4 * row + first + 3]).sigmoid() for row in range(3)
    ]
    loss = l2(inner) + neurons[0] * neurons[1] + neurons[2]
    batch = {"X": np.random.default_rng(0).uniform(-1.0, 1.0, size=(3, 12))}
    parameters = [*scales, *weights]
    problem = Problem(loss, {"X": x}, parameters, {}, batch, np.array([p.data for p in parameters]))
    for times in (1, 7, 64):
        program = check(repeated(problem, times), form="matrices")
        for source in (program.source, program.buffered_source):
            assert f"d_tanh.reshape(-1, 3, 4)[:, :, {first or ''}:{first + 3}] += " in source
            assert "np.array(" not in source


def test_what_comes_to_pieces_of_different_lengths_may_be_one_number():
    x, w = ([Value(0.1 * i + 0.2) for i in range(9)] for _ in range(2))
    y = [(a * b).sin() for a, b in zip(w, x, strict=True)]
    pieces = [sum_of([y[i] for i in piece]) for piece in ([0, 4], [1, 5], [2, 6], [3])]
    loss = sum_of(pieces) + y[7] + y[8] * y[8]
    check(Problem(loss, {"X": x}, w, {"pieces": pieces}, {"X": np.eye(9)}, np.arange(9.0)), form="matrices")
