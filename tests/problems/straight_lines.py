"""What the tests of straight-line code share: its answers, in Python or on a tape, beside those of the engine."""

import numpy as np
import pytest

from micrograd_bp.compiler.find.graph import Graph
from micrograd_bp.compiler.run.lines import Lines
from micrograd_bp.engine import gradients, topological_order

from .agreement import Answer


def straight_line(loss, inputs, parameters, outputs, **options):
    """A program of straight lines, from what `compile` takes."""
    order = topological_order(loss, *(node for group in outputs.values() for node in group))
    return Lines(Graph(loss, inputs, parameters, outputs, order), **options)


def answer(problem, **options):
    """What the program says about a problem, in the form of the engine's answer."""
    names, n_samples = list(problem.inputs), len(problem.samples())
    made = straight_line(
        problem.loss, problem.inputs, problem.parameters, problem.outputs, with_respect_to=names, **options
    )
    arrays = [problem.batch[name] for name in names]
    value, gradient, *d_inputs = made.value_and_gradient(problem.numbers, arrays, n_samples if names else None)
    outputs = []
    if problem.outputs:
        needed = [problem.batch[name] for name in made.predict_inputs]
        predicted = made.predict(problem.numbers, needed, n_samples if needed else None)
        outputs = [np.broadcast_to(np.atleast_2d(each), (n_samples, each.shape[-1])) for each in predicted.values()]
    nothing = np.empty((n_samples, 0))
    return Answer(
        np.array([value]), gradient, np.concatenate([nothing, *d_inputs], 1), np.concatenate([nothing, *outputs], 1)
    )


def run(loss, parameters, numbers=None, **options):
    """A loss without inputs: its value, and its gradient as a list."""
    at = np.array([value.data for value in parameters] if numbers is None else numbers)
    value, gradient = straight_line(loss, {}, parameters, {}, **options).value_and_gradient(at, [], None)
    return value, gradient.tolist()


def is_right(loss, parameters, **options):
    """Compares a loss without inputs with the engine's."""
    value, gradient = run(loss, parameters, **options)
    assert value == pytest.approx(loss.data, rel=1e-12)
    assert gradient == pytest.approx(gradients(loss, parameters), rel=1e-12)
