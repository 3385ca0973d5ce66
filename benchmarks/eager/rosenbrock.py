"""W3: Rosenbrock's function in 2,000 variables, 100·Σ (xᵢ₊₁ - xᵢ²)² + Σ (1 - xᵢ)², and its gradient."""

import random
from importlib import import_module
from itertools import pairwise
from typing import Any, TypedDict

from benchmarks.workload import Iteration, Outcome, Workload


class Point(TypedDict):
    """Where the function is evaluated."""

    x: list[float]


def problem(n: int = 2000, seed: int = 1960) -> Point:
    """A point around the minimum, which is at 1."""
    rng = random.Random(seed)
    return Point(x=[rng.uniform(-2.0, 2.0) for _ in range(n)])


def fused(problem: Point) -> Iteration:
    """This package as its user writes it: a sum of squares is one node, `l2`."""
    from micrograd_bp import Value, l2

    def iteration() -> Outcome:
        x = [Value(number) for number in problem["x"]]
        y = 100 * l2([b - a**2 for a, b in pairwise(x)]) + l2([1 - a for a in x[:-1]])
        y.backward()
        return y.data, [each.grad for each in x]

    return iteration


def unfused(problem: Point) -> Iteration:
    """This package with every square and sum a node of its own, as in micrograd."""
    from micrograd_bp import Value

    def iteration() -> Outcome:
        x = [Value(number) for number in problem["x"]]
        y: Any = 100 * sum((b - a**2) ** 2 for a, b in pairwise(x)) + sum((1 - a) ** 2 for a in x[:-1])
        y.backward()
        return y.data, [each.grad for each in x]

    return iteration


def micrograd(problem: Point) -> Iteration:
    """As its user writes it. Its backward recurses over the sum, so that it needs a deep stack."""
    from benchmarks.eager.micrograd_functions import Value, with_deep_stack

    def compute() -> Outcome:
        x = [Value(number) for number in problem["x"]]
        y = 100 * sum((b - a**2) ** 2 for a, b in pairwise(x)) + sum((1 - a) ** 2 for a in x[:-1])
        y.backward()
        return y.data, [each.grad for each in x]

    def iteration() -> Outcome:
        return with_deep_stack(compute, depth=2 * len(problem["x"]) + 1000)

    return iteration


def xad(problem: Point) -> Iteration:
    """A new tape for each iteration, as its documentation has it."""
    adjoint = import_module("xad.adj_1st")

    def iteration() -> Outcome:
        x = [adjoint.Real(number) for number in problem["x"]]
        with adjoint.Tape() as tape:
            tape.registerInputs(x)
            tape.newRecording()
            y = 100 * sum((b - a**2) ** 2 for a, b in pairwise(x)) + sum((1 - a) ** 2 for a in x[:-1])
            tape.registerOutput(y)
            y.derivative = 1.0
            tape.computeAdjoints()
            return y.value, [each.derivative for each in x]

    return iteration


WORKLOAD = Workload(
    "W3",
    "Rosenbrock's function in 2,000 variables, value and gradient",
    problem,
    {"micrograd_bp": fused, "micrograd_bp unfused": unfused, "micrograd": micrograd, "xad": xad},
)
