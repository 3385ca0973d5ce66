"""The answers of the scalar engine and of programs to a problem, and how close they must come."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp import Value, compile, gradients
from micrograd_bp.engine import topological_order

from .problem import Array, Problem, needed_inputs, rebuilt

RELATIVE = 1e-12
"""How far a number of the program may be from the engine's, relative to it."""

ROUNDINGS = 16 * 2.0**-53
"""How far it may be where terms cancel, relative to the sum of all that rounding can move: see `sensitivity`.

A function of NumPy may be 4 units in the last place away from that of `math`, and a sum of n terms n of them.
"""


class Answer(NamedTuple):
    """What there is to say about a problem.

    Attributes:
        value: the mean of the loss, as an array of one number.
        gradient: with respect to the parameters.
        d_inputs: with respect to the inputs, (samples, leaves of all groups).
        outputs: the numbers of the outputs, (samples, nodes of all outputs).
    """

    value: Array
    gradient: Array
    d_inputs: Array
    outputs: Array


class Sample(NamedTuple):
    """The same for one sample, with the slopes along parameters and inputs in one list."""

    value: float
    slopes: list[float]
    outputs: list[float]


def by_engine(problem: Problem) -> Answer:
    """The answer of the scalar engine: sample after sample, averaged."""
    leaves = [*problem.parameters, *problem.input_leaves]

    def of_sample(numbers: dict[Value, float]) -> Sample:
        new = rebuilt([problem.loss, *problem.output_nodes, *leaves], numbers)
        return Sample(
            value=new[problem.loss].data,
            slopes=gradients(new[problem.loss], [new[leaf] for leaf in leaves]),
            outputs=[new[node].data for node in problem.output_nodes],
        )

    return _averaged(problem, of_sample)


def sensitivity(problem: Problem) -> Answer:
    """How much rounding can matter for each number of `by_engine`.

    Where every step of a computation may be off by a part u of its result, the number y at its end may, to first
    order, be off by u times Σ |∂y/∂v · v| over all values v on the way. A gradient is computed in steps too, those
    of its derivative graph. The sum is |y| itself where nothing cancels, and much more where y is a small difference
    of large numbers.
    """
    leaves = [*problem.parameters, *problem.input_leaves]

    def of_sample(numbers: dict[Value, float]) -> Sample:
        new = rebuilt([problem.loss, *problem.output_nodes, *leaves], numbers)
        slopes = gradients(new[problem.loss], [new[leaf] for leaf in leaves], create_graph=True)
        return Sample(
            value=moved_by_rounding(new[problem.loss]),
            slopes=[moved_by_rounding(slope) for slope in slopes],
            outputs=[moved_by_rounding(new[node]) for node in problem.output_nodes],
        )

    return _averaged(problem, of_sample)


def moved_by_rounding(result: Value) -> float:
    """Σ |∂result/∂v · v| over all values v that it is computed from, itself included."""
    nodes = topological_order(result)
    return sum(
        [abs(slope * node.data) for node, slope in zip(nodes, gradients(result, nodes), strict=True) if slope != 0.0]
    )


def _averaged(problem: Problem, of_sample: Callable[[dict[Value, float]], Sample]) -> Answer:
    """The means over the samples of a batch; a sample that is there again is not computed again."""
    known: dict[tuple[float, ...], Sample] = {}
    samples = []
    for numbers in problem.samples():
        row = tuple(numbers.values())
        if row not in known:
            known[row] = of_sample(numbers)
        samples.append(known[row])
    n_parameters, n_samples = len(problem.parameters), len(samples)
    slopes = np.array([sample.slopes for sample in samples], dtype=float).reshape(n_samples, -1)
    with np.errstate(all="ignore"):
        return Answer(
            value=np.array([np.mean([sample.value for sample in samples])]),
            gradient=slopes[:, :n_parameters].mean(axis=0),
            d_inputs=slopes[:, n_parameters:] / n_samples,
            outputs=np.array([sample.outputs for sample in samples], dtype=float).reshape(n_samples, -1),
        )


def compiled(problem: Problem, **options: Any) -> Any:
    """The program of a problem, with the problem's numbers in its parameters."""
    program = compile(
        problem.loss, inputs=problem.inputs, parameters=problem.parameters, outputs=problem.outputs, **options
    )
    program.parameters = problem.numbers
    return program


def by_program(problem: Problem, program: Any, with_respect_to: Sequence[str] | None = None) -> Answer:
    """The program's answer, in the form of the engine's; nan for gradients of inputs that are not asked for.

    Args:
        problem: what was compiled.
        program: what came of it.
        with_respect_to: the groups whose gradients are asked for; all if not given.
    """
    names, n_samples = list(problem.inputs if with_respect_to is None else with_respect_to), len(problem.samples())
    asked = {"with_respect_to": names} if names else {}
    value, gradient, *given = program.value_and_gradient(**problem.batch, **asked)
    d_groups = dict(zip(names, given, strict=True))
    d_inputs = [d_groups.get(name, np.full((n_samples, len(group)), np.nan)) for name, group in problem.inputs.items()]
    predicted = program.predict(**needed_inputs(problem)) if problem.outputs else {}
    return Answer(
        value=np.array([value]),
        gradient=gradient,
        d_inputs=np.concatenate([np.empty((n_samples, 0)), *d_inputs], axis=1),
        outputs=in_columns(problem, predicted, n_samples),
    )


def by_source(problem: Problem, program: Any) -> Answer:
    """What the program's text answers when it is run alone. It gives no gradients of inputs: they are left at nan.

    The text of a program of matrices takes a batch; straight-line code takes one sample, and leaves the mean to us.
    """
    alone: dict[str, Any] = {}
    exec(program.source, alone)
    straight = program.form == "straight line"
    n_samples = len(problem.samples())
    values, gradients_, outputs = [], [], []
    for i in range(n_samples) if straight else [slice(None)]:
        rows = {name: array[i] for name, array in problem.batch.items()}
        value, gradient = alone["value_and_gradient"](problem.numbers, *rows.values())
        values.append(value)
        gradients_.append(gradient)
        if problem.outputs:
            predicted = alone["predict"](problem.numbers, *[rows[name] for name in needed_inputs(problem)])
            outputs.append(in_columns(problem, predicted, 1 if straight else n_samples))
    return Answer(
        value=np.array([np.mean(values)]),
        gradient=np.mean(gradients_, axis=0).reshape(len(problem.parameters)),
        d_inputs=np.full((n_samples, len(problem.input_leaves)), np.nan),
        outputs=np.concatenate(outputs) if outputs else np.empty((n_samples, 0)),
    )


def in_columns(problem: Problem, predicted: dict[str, Any], n_samples: int) -> Array:
    """All outputs side by side. One that depends on no input has one row for all samples."""
    columns = [
        np.broadcast_to(np.reshape(predicted[name], (-1, len(nodes))), (n_samples, len(nodes)))
        for name, nodes in problem.outputs.items()
    ]
    return np.concatenate([np.empty((n_samples, 0)), *columns], axis=1)


def distance(problem: Problem, ours: Answer, theirs: Answer) -> float:
    """How far the program is from the engine, in units of what is allowed; nan where a number is missing."""
    assert [a.shape for a in ours] == [b.shape for b in theirs]
    furthest = _furthest(ours, theirs, Answer(*[RELATIVE * np.abs(b) for b in theirs]))
    if not furthest <= 1.0:  # a second look, which takes longer
        allowed = [np.maximum(RELATIVE * np.abs(b), ROUNDINGS * k) for b, k in zip(theirs, sensitivity(problem))]  # noqa: B905
        furthest = _furthest(ours, theirs, Answer(*allowed))
    return furthest


def _furthest(ours: Answer, theirs: Answer, allowed: Answer) -> float:
    worst = 0.0
    for a, b, most in zip(ours, theirs, allowed, strict=True):
        if a.size:
            with np.errstate(all="ignore"):
                same = (a == b) | (np.isnan(a) & np.isnan(b))
                worst = np.maximum(worst, np.max(np.where(same, 0.0, np.abs(a - b) / most)))
    return float(worst)


def check(problem: Problem, *, with_respect_to: Sequence[str] | None = None, **options: Any) -> Any:
    """Compiles a problem, and sees that the program and its text answer as the engine does; returns the program.

    Args:
        problem: what is compiled.
        with_respect_to: the groups whose gradients are asked for; all if not given.
        options: of `compile`.
    """
    program = compiled(problem, **options)
    theirs = by_engine(problem)
    asked = [
        name in (problem.inputs if with_respect_to is None else with_respect_to)
        for name, group in problem.inputs.items()
        for _ in group
    ]
    by_call = by_program(problem, program, with_respect_to)
    by_call.d_inputs[:, np.logical_not(asked)] = theirs.d_inputs[:, np.logical_not(asked)]
    by_text = by_source(problem, program)._replace(d_inputs=theirs.d_inputs)
    for ours in (by_call, by_text):
        furthest = distance(problem, ours, theirs)
        assert furthest <= 1.0, f"{furthest:.3g} times what is allowed: {ours}, engine {theirs}\n{program.source}"
    return program
