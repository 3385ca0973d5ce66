"""W2: a chain of 200,000 operations, x = x*a + b with a tanh every tenth operation; there is nothing to group in it."""

from functools import partial
from importlib import import_module
from typing import Any

from benchmarks.compiled import plain
from benchmarks.compiled.by_hand_functions import chain
from benchmarks.compiled.this_package import Compiled, compiled, on_jax
from benchmarks.eager.chain import Chain, graph, problem, this_package
from benchmarks.workload import Iteration, Prepared, Workload, prepare


def by_hand(problem: Chain) -> Prepared:
    """A loop of floats."""
    return Prepared(lambda: chain(problem["x"], problem["a"], problem["b"], problem["rounds"]))


def program(problem: Chain, *, form: str = "auto") -> Compiled:
    """The graph that `benchmarks eager` builds anew for each iteration, built once and compiled."""
    from micrograd_bp import compile

    x, leaves = graph(problem)
    return compile(x, parameters=leaves, form=form), ()


def jax(problem: Chain) -> Prepared:
    """A scan over the rounds; JAX takes minutes over a graph that is unrolled."""
    from benchmarks.compiled.jax_in_doubles import jax

    parameters = jax.numpy.array([problem["x"], problem["a"], problem["b"]])

    def end(parameters: Any) -> Any:
        x, a, b = parameters

        def one_round(x: Any, nothing: None) -> tuple[Any, None]:
            for _ in range(4):
                x = x * a + b
            return jax.numpy.tanh(x * a), None

        return jax.lax.scan(one_round, x, length=problem["rounds"])[0]

    def build() -> Any:
        function = jax.jit(jax.value_and_grad(end))
        return lambda: jax.block_until_ready(function(parameters))

    return prepare(build, plain.array)


def torch(problem: Chain) -> Prepared:
    """As its user writes it."""
    torch = import_module("torch")
    leaves = [torch.tensor(problem[name], dtype=torch.float64, requires_grad=True) for name in ("x", "a", "b")]

    def run() -> Any:
        x, a, b = leaves
        for _ in range(problem["rounds"]):
            for _ in range(4):
                x = x * a + b
            x = (x * a).tanh()
        return x.item(), torch.autograd.grad(x, leaves)

    return Prepared(run, plain.arrays)


def casadi(problem: Chain) -> Prepared:
    """A graph of scalars, for its virtual machine."""
    casadi = import_module("casadi")
    start = casadi.DM([problem["x"], problem["a"], problem["b"]])

    def build() -> Any:
        leaves = casadi.SX.sym("leaves", 3)
        x, a, b = casadi.vertsplit(leaves)
        for _ in range(problem["rounds"]):
            for _ in range(4):
                x = x * a + b
            x = casadi.tanh(x * a)
        function = casadi.Function("chain", [leaves], [x, casadi.gradient(x, leaves)])
        return lambda: function(start)

    return prepare(build, plain.array)


def eager(problem: Chain) -> Iteration:
    """A new graph for each iteration, as in `benchmarks eager`."""
    return this_package(problem)


WORKLOAD = Workload(
    "W2",
    "a chain of 200,000 operations: x*a + b, every tenth a tanh",
    problem,
    {
        "by hand": by_hand,
        "micrograd_bp compiled": compiled(program),
        "micrograd_bp native": compiled(partial(program, form="native")),
        "micrograd_bp on a tape": compiled(partial(program, form="tape")),
        "micrograd_bp on JAX": on_jax(program),
        "micrograd_bp eager": eager,
        "jax": jax,
        "torch": torch,
        "casadi": casadi,
    },
)
