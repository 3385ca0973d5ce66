"""The answers of programs as functions on the arrays of other libraries."""

from random import Random
from typing import Any

import numpy as np

from .agreement import Answer, by_engine, compiled, distance, in_columns
from .problem import Problem, needed_inputs
from .random_graphs import define_operations, random_problem

FORMS = ["matrices", "straight line"]


def by_function(problem: Problem, function: Any, run: Any = None) -> Answer:
    """The answer of a program on a library's arrays. It gives no gradients of inputs: they are left at nan.

    Args:
        problem: what was compiled.
        function: what `to_jax` or `namespace` gave.
        run: turns `function`, and its `predict`, into what is to be called: `jax.jit`.
    """
    run = run or (lambda each: each)
    value, gradient = run(function)(problem.numbers, *problem.batch.values())
    predicted = run(function.predict)(problem.numbers, **needed_inputs(problem)) if problem.outputs else {}
    n_samples = len(problem.samples())
    return Answer(
        value=np.asarray(value).reshape(1),
        gradient=np.asarray(gradient),
        d_inputs=np.full((n_samples, len(problem.input_leaves)), np.nan),
        outputs=in_columns(problem, {name: np.asarray(array) for name, array in predicted.items()}, n_samples),
    )


def check_function(problem: Problem, function: Any, run: Any = None) -> None:
    """Sees that a program on a library's arrays answers as the engine does."""
    theirs = by_engine(problem)
    ours = by_function(problem, function, run)._replace(d_inputs=theirs.d_inputs)
    furthest = distance(problem, ours, theirs)
    assert furthest <= 1.0, f"{furthest:.3g} times what is allowed: {ours}, engine {theirs}\n{function.source}"


def random_programs(seeds: range) -> Any:
    """Random problems with their programs, of either form in turn, each with a batch of three."""
    own_operations = define_operations()
    for seed in seeds:
        problem = random_problem(Random(seed), own_operations)
        # Equal shapes, since JAX compiles each operation for each shape, which is what takes its time.
        problem = problem._replace(batch={name: np.resize(a, (3, a.shape[1])) for name, a in problem.batch.items()})
        yield problem, compiled(problem, form=FORMS[seed % len(FORMS)])
