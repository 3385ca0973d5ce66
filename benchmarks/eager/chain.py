"""W2: a chain of 200,000 operations, x = x*a + b with a tanh every tenth operation; there is nothing to fuse in it."""

from importlib import import_module
from typing import Any, TypedDict

from benchmarks.workload import Iteration, Outcome, Workload


class Chain(TypedDict):
    """Rounds of ten operations, and the three leaves."""

    rounds: int
    x: float
    a: float
    b: float


def problem(operations: int = 200_000) -> Chain:
    """Leaves with which the gradient neither vanishes nor explodes on the way back."""
    return Chain(rounds=operations // 10, x=0.5, a=1.00005, b=1e-6)


def graph(problem: Chain) -> tuple[Any, list[Any]]:
    """The end of the chain as a Value, and the leaves."""
    from micrograd_bp import Value

    leaves = [Value(problem["x"]), Value(problem["a"]), Value(problem["b"])]
    x, a, b = leaves
    for _ in range(problem["rounds"]):
        for _ in range(4):
            x = x * a + b
        x = (x * a).tanh()
    return x, leaves


def this_package(problem: Chain) -> Iteration:
    """As its user writes it."""

    def iteration() -> Outcome:
        x, leaves = graph(problem)
        x.backward()
        return x.data, [leaf.grad for leaf in leaves]

    return iteration


def micrograd(problem: Chain) -> Iteration:
    """With a tanh added in its own style. Its backward recurses, so that it needs a stack as deep as the graph."""
    from benchmarks.eager.micrograd_functions import Value, tanh, with_deep_stack

    def compute() -> Outcome:
        leaves = Value(problem["x"]), Value(problem["a"]), Value(problem["b"])
        x, a, b = leaves
        for _ in range(problem["rounds"]):
            for _ in range(4):
                x = x * a + b
            x = tanh(x * a)
        x.backward()
        return x.data, [leaf.grad for leaf in leaves]

    def iteration() -> Outcome:
        return with_deep_stack(compute, depth=10 * problem["rounds"] + 1000)

    return iteration


def xad(problem: Chain) -> Iteration:
    """A new tape for each iteration, as its documentation has it."""
    adjoint = import_module("xad.adj_1st")
    tanh = import_module("xad.math").tanh

    def iteration() -> Outcome:
        leaves = [adjoint.Real(problem["x"]), adjoint.Real(problem["a"]), adjoint.Real(problem["b"])]
        x, a, b = leaves
        with adjoint.Tape() as tape:
            tape.registerInputs(leaves)
            tape.newRecording()
            for _ in range(problem["rounds"]):
                for _ in range(4):
                    x = x * a + b
                x = tanh(x * a)
            tape.registerOutput(x)
            x.derivative = 1.0
            tape.computeAdjoints()
            return x.value, [leaf.derivative for leaf in leaves]

    return iteration


WORKLOAD = Workload(
    "W2",
    "a chain of 200,000 operations: x*a + b, every tenth a tanh",
    problem,
    {"micrograd_bp": this_package, "micrograd": micrograd, "xad": xad},
)
