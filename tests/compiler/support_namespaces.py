"""What the tests of programs on other libraries' arrays share."""

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from .support import Answer, Problem, by_engine, compiled, distance, needed_inputs
from .support_random_graphs import random_problem


def furthest_of_random_graphs(
    seeds: range, function_of: Callable[[Any], Any], array: Callable[[Any], Any], form: str = "auto"
) -> float:
    """How far programs on other arrays are from the engine, at worst, in units of what is allowed.

    Args:
        seeds: of the graphs.
        function_of: gives the function on other arrays for a program.
        array: makes such an array.
        form: of the programs.
    """
    worst = 0.0
    for seed in seeds:
        problem = random_problem(Random(seed))
        worst = np.maximum(worst, _distance(problem, function_of(compiled(problem, form=form, check=False)), array))
    return float(worst)


def _distance(problem: Problem, function: Any, array: Callable[[Any], Any]) -> float:
    theirs = by_engine(problem)
    numbers = array(problem.numbers)
    value, gradient = function(numbers, *[array(problem.batch[name]) for name in problem.inputs])
    outputs = theirs.outputs
    if problem.outputs:
        predicted = function.predict(numbers, *[array(batch) for batch in needed_inputs(problem).values()])
        columns = [np.asarray(predicted[name]).reshape(-1, len(group)) for name, group in problem.outputs.items()]
        outputs = np.concatenate([np.broadcast_to(each, (len(outputs), each.shape[1])) for each in columns], axis=1)
    ours = Answer(np.asarray(value).reshape(1), np.asarray(gradient), theirs.d_inputs, outputs)
    return distance(problem, ours, theirs)
