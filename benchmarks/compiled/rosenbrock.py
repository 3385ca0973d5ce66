"""W3: Rosenbrock's function in 2,000 variables, 100·Σ (xᵢ₊₁ - xᵢ²)² + Σ (1 - xᵢ)², and its gradient."""

from functools import partial
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.compiled import plain
from benchmarks.compiled.by_hand_functions import rosenbrock
from benchmarks.compiled.this_package import Compiled, compiled, on_jax
from benchmarks.eager.rosenbrock import Point, fused, problem
from benchmarks.workload import Iteration, Prepared, Workload, prepare


def by_hand(problem: Point) -> Prepared:
    """In NumPy, with slices."""
    x = np.array(problem["x"])
    return Prepared(lambda: rosenbrock(x), plain.array)


def program(problem: Point, *, form: str = "matrices") -> Compiled:
    """The graph that `benchmarks eager` builds anew for each iteration, built once and compiled."""
    from micrograd_bp import Value, compile, l2

    x = [Value(number) for number in problem["x"]]
    y = 100 * l2([b - a**2 for a, b in pairwise(x)]) + l2([1 - a for a in x[:-1]])
    return compile(y, parameters=x, form=form), ()


def unfused(problem: Point, *, form: str = "matrices") -> Compiled:
    """With every square and sum a node of its own, as in micrograd."""
    from micrograd_bp import Value, compile

    x = [Value(number) for number in problem["x"]]
    y: Any = 100 * sum((b - a**2) ** 2 for a, b in pairwise(x)) + sum((1 - a) ** 2 for a in x[:-1])
    return compile(y, parameters=x, form=form), ()


def jax(problem: Point) -> Prepared:
    """With slices."""
    from benchmarks.compiled.jax_in_doubles import jax

    point = jax.numpy.array(problem["x"])

    def function(x: Any) -> Any:
        return 100.0 * ((x[1:] - x[:-1] ** 2) ** 2).sum() + ((1.0 - x[:-1]) ** 2).sum()

    def build() -> Any:
        step = jax.jit(jax.value_and_grad(function))
        return lambda: jax.block_until_ready(step(point))

    return prepare(build, plain.array)


def torch(problem: Point) -> Prepared:
    """With slices."""
    torch = import_module("torch")
    x = torch.tensor(problem["x"], dtype=torch.float64, requires_grad=True)

    def run() -> Any:
        y = 100.0 * ((x[1:] - x[:-1] ** 2) ** 2).sum() + ((1.0 - x[:-1]) ** 2).sum()
        return y.item(), torch.autograd.grad(y, x)[0]

    return Prepared(run, plain.array)


def casadi(problem: Point) -> Prepared:
    """A graph of scalars, written with slices."""
    casadi = import_module("casadi")
    point = casadi.DM(problem["x"])

    def build() -> Any:
        x = casadi.SX.sym("x", len(problem["x"]))
        y = 100.0 * casadi.sumsqr(x[1:] - x[:-1] ** 2) + casadi.sumsqr(1.0 - x[:-1])
        function = casadi.Function("rosenbrock", [x], [y, casadi.gradient(y, x)])
        return lambda: function(point)

    return prepare(build, plain.array)


def eager(problem: Point) -> Iteration:
    """A new graph for each iteration, as in `benchmarks eager`."""
    return fused(problem)


WORKLOAD = Workload(
    "W3",
    "Rosenbrock's function in 2,000 variables",
    problem,
    {
        "by hand": by_hand,
        "micrograd_bp compiled": compiled(program),
        "micrograd_bp compiled unfused": compiled(unfused),
        "micrograd_bp native": compiled(partial(program, form="native")),
        "micrograd_bp on JAX": on_jax(program),
        "micrograd_bp eager": eager,
        "jax": jax,
        "torch": torch,
        "casadi": casadi,
    },
)
