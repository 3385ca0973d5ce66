"""Draws problems with regular structure: leaves, layers and losses to make patterns of."""

from collections.abc import Callable, Sequence
from random import Random

import numpy as np

from micrograd_bp import Value, dot, mse

from ..problem import Problem

ACTIVATIONS = ["tanh", "sigmoid", "relu", "softplus", "gelu", "elu"]

PATTERNS: dict[str, Callable[["Drawer"], Value]] = {}


def pattern(draw: Callable[["Drawer"], Value]) -> Callable[["Drawer"], Value]:
    """Adds a kind of problem: a function that gives the loss of one sample."""
    PATTERNS[draw.__name__] = draw
    return draw


class Drawer:
    """Draws leaves, and remembers which of them are inputs, parameters and outputs."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.inputs: dict[str, list[Value]] = {}
        self.parameters: list[Value] = []
        self.outputs: dict[str, list[Value]] = {}

    def number(self) -> float:
        return self.random.uniform(-1.0, 1.0)

    def size(self) -> int:
        return self.random.randint(1, 5)

    def input(self, name: str, count: int) -> list[Value]:
        self.inputs[name] = [Value(self.number()) for _ in range(count)]
        return self.inputs[name]

    def parameter(self) -> Value:
        self.parameters.append(Value(self.number()))
        return self.parameters[-1]

    def vector(self, count: int) -> list[Value]:
        return [self.parameter() for _ in range(count)]

    def matrix(self, rows: int, columns: int) -> list[list[Value]]:
        return [self.vector(columns) for _ in range(rows)]

    def activate(self, values: Sequence[Value], name: str | None = None) -> list[Value]:
        name = name or self.random.choice(ACTIVATIONS)
        return [getattr(value, name)() for value in values]

    def layer(self, inputs: Sequence[Value], count: int) -> list[Value]:
        """A dense layer, each neuron a `dot`."""
        return [dot(self.vector(len(inputs)), inputs, self.parameter()) for _ in range(count)]

    def squared_error(self, outputs: Sequence[Value]) -> Value:
        """The loss of outputs beside targets T; the outputs can be predicted."""
        self.outputs["scores"] = list(outputs)
        return mse([list(outputs)], [self.input("T", len(outputs))])

    def problem(self, draw: Callable[["Drawer"], Value]) -> Problem:
        """The problem of a pattern, with parameters and groups in any order, and a batch of 1 to 6 samples."""
        loss, random = draw(self), self.random
        if random.random() < 0.5:
            random.shuffle(self.parameters)
        names = list(self.inputs)
        random.shuffle(names)
        n_samples = random.randint(1, 6)
        return Problem(
            loss,
            {name: self.inputs[name] for name in names},
            self.parameters,
            self.outputs,
            {name: self.array(n_samples, len(self.inputs[name])) for name in names},
            self.array(1, len(self.parameters))[0],
        )

    def array(self, rows: int, columns: int) -> np.ndarray:
        return np.array([[self.number() for _ in range(columns)] for _ in range(rows)])
