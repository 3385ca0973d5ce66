"""What a compiler is asked: a loss, its inputs and parameters, and the numbers for which an answer is wanted."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_bp import Value, dot, logsumexp
from micrograd_bp.engine import topological_order
from micrograd_bp.engine.value import ieee_arithmetic, record

Array = NDArray[np.float64]


class Problem(NamedTuple):
    """What is compiled, and the numbers that the program is then asked about.

    Attributes:
        loss, inputs, parameters, outputs: the arguments of `compile`.
        batch: an array (samples, leaves) for each group of inputs; empty where there are none.
        numbers: one for each parameter.
    """

    loss: Value
    inputs: dict[str, list[Value]]
    parameters: list[Value]
    outputs: dict[str, list[Value]]
    batch: dict[str, Array]
    numbers: Array

    @property
    def input_leaves(self) -> list[Value]:
        """The leaves of all groups, one group after the other."""
        return [leaf for group in self.inputs.values() for leaf in group]

    @property
    def output_nodes(self) -> list[Value]:
        """The nodes of all outputs, one after the other."""
        return [node for group in self.outputs.values() for node in group]

    def samples(self) -> list[dict[Value, float]]:
        """The number of each leaf that is not a constant, sample by sample; one sample where there are no inputs."""
        parameters = dict(zip(self.parameters, self.numbers.tolist(), strict=True))
        if not self.inputs:
            return [parameters]
        rows = np.concatenate(list(self.batch.values()), axis=1).tolist()
        return [{**parameters, **dict(zip(self.input_leaves, row, strict=True))} for row in rows]


def rebuilt(roots: list[Value], numbers: dict[Value, float]) -> dict[Value, Value]:
    """The graph below `roots` built again with other numbers in its leaves: the new node for each old one."""
    new: dict[Value, Value] = {}
    with ieee_arithmetic():
        for node in topological_order(*roots):
            if node.operation is None:
                new[node] = Value(numbers.get(node, node.data))
            else:
                new[node] = record(node.operation, tuple([new[operand] for operand in node.operands]))
    return new


def repeated(problem: Problem, times: int) -> Problem:
    """The problem with each sample several times in its batch: as much work for a program, and none for the engine."""
    return problem._replace(batch={name: np.tile(array, (times, 1)) for name, array in problem.batch.items()})


def needed_inputs(problem: Problem) -> dict[str, Array]:
    """The arrays that `predict` takes: those of the groups that an output depends on."""
    below = set(topological_order(*problem.output_nodes))
    return {name: problem.batch[name] for name, group in problem.inputs.items() if not below.isdisjoint(group)}


def cross_entropy_of(logits: list[Value], probabilities: list[Value]) -> Value:
    """The cross-entropy of one sample, whose targets are leaves of the graph too."""
    return logsumexp(logits) - dot(probabilities, logits)


def leaves_of(count: int, draw: Callable[[], float], label: str = "") -> list[Value]:
    """New leaves."""
    return [Value(draw(), label=f"{label}{i}" if label else "") for i in range(count)]
