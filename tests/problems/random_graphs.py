"""Random problems for the compiler: every operation in any place, operands shared and repeated, derivative graphs."""

import contextlib
from collections.abc import Sequence
from random import Random

import numpy as np

from micrograd_bp import OPERATIONS, Value, dot, gradients, l2, operation, sigmoid
from micrograd_bp import sum as sum_of
from micrograd_bp.engine import topological_order
from micrograd_bp.engine.operation import Operation
from micrograd_bp.engine.table import bind

from .problem import Problem, rebuilt
from .settled import largest_number, settled

UNBOUNDED = ["where", "abs", "floor", "ceil", "trunc", "relu", "leaky_relu", "elu", "atan2"]
"""Operations whose sample intervals keep away from a kink: here kinks are welcome."""

POINTS_OF_NO_DERIVATIVE = ["cbrt", "atan2"]
"""Operations with a result everywhere, but without a derivative at 0."""


def define_operations() -> list[str]:
    """Adds operations of a user to the table; returns their names."""

    @operation("softsign")
    def softsign(xp, x):
        d = 1.0 + abs(x)
        return x / d, (1.0 / (d * d),)

    @operation("scaled_difference")
    def scaled_difference(xp, a, b, *, scale=2.0):
        return scale * (a - b) ** 2.0, (2.0 * scale * (a - b), -2.0 * scale * (a - b))

    @operation("sum_of_own_squares", many=("x",))
    def sum_of_own_squares(xp, x):
        return xp.sum([each * each for each in x]), ([2.0 * each for each in x],)

    @operation("clipped_distance", many=("p", "q"), samples={"reach": [(0.5, 2.0)]})
    def clipped_distance(xp, p, q, shift=0.0, *, reach):
        d = xp.sum([xp.minimum(xp.abs(each), reach) for each in p]) + xp.dot(p, q) - shift
        return d, (
            [
                other + (xp.greater(each, 0.0) - xp.less(each, 0.0)) * xp.less(xp.abs(each), reach)
                for each, other in zip(p, q, strict=True)
            ],
            p,
            -1.0,
        )

    return ["softsign", "scaled_difference", "sum_of_own_squares", "clipped_distance"]


class Drawing:
    """One random graph while it is being drawn.

    Attributes:
        random: where chance comes from.
        whole: whether numbers are multiples of 1/2, so that comparisons tie.
        inputs, parameters, nodes: what has been drawn so far; `nodes` holds the others too.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.whole = random.random() < 0.4
        self.inputs = {
            name: [Value(self.number()) for _ in range(random.randint(1, 3))]
            for name in random.choice([["X"], ["X"], ["X", "T"], ["T", "X", "u"], []])
        }
        self.parameters = [Value(self.number(), label=f"p{i}") for i in range(random.randint(1, 5))]
        constants = [Value(self.number()) for _ in range(random.randint(0, 2))]
        leaves = [leaf for group in self.inputs.values() for leaf in group]
        self.nodes = [*leaves, *self.parameters, *constants]
        random.shuffle(self.nodes)

    def number(self) -> float:
        return self.random.randint(-4, 4) / 2.0 if self.whole else self.random.uniform(-2.0, 2.0)

    def node(self) -> Value:
        """One of the nodes; the latest are drawn more often, so that graphs grow deep."""
        if self.random.random() < 0.5:
            return self.random.choice(self.nodes[-4:])
        return self.random.choice(self.nodes)

    def add(self, name: str) -> None:
        """Applies an operation of the table to some of the nodes and numbers."""
        random, entry = self.random, OPERATIONS[name]
        constants = {
            constant: random.uniform(*random.choice(entry.samples.get(constant, [(-2.0, 2.0)])))
            for constant in entry.trace.constants
        }
        if name == "constant_power" and random.random() < 0.7:
            self.nodes.append(self.node() ** random.choice([2, 3, 2.0, 1, 0]))
            return
        bound = bind(entry, constants, len(entry.operand_names) - (random.random() < 0.5) * entry.n_optional)
        size = random.randint(1, 4)
        names = [each for each in bound.operand_names for _ in range(size if each in entry.many else 1)]
        if random.random() < 0.3:
            node = self.node()
            operands: list[Value | float] = [self.fitted(entry, each, node) for each in names]
        else:
            operands = [self.operand(entry, each) for each in names]
        if not any(isinstance(operand, Value) for operand in operands):
            operands[0] = self.fitted(entry, names[0], self.node())
        self.nodes.append(Value.apply(bound, operands))

    def operand(self, entry: Operation, name: str) -> Value | float:
        if self.random.random() < 0.15:
            interval = self.random.choice(self.intervals(entry, name))
            return self.random.uniform(*interval)
        return self.fitted(entry, name, self.node())

    def fitted(self, entry: Operation, name: str, node: Value) -> Value:
        """The node itself where the operation takes every number; else something in its domain that depends on it."""
        limited = name in entry.samples and entry.name not in UNBOUNDED
        if not (limited or entry.name in POINTS_OF_NO_DERIVATIVE or abs(node.data) > 4.0):
            return node
        low, high = self.random.choice(self.intervals(entry, name))
        return low + (high - low) * sigmoid(node)

    @staticmethod
    def intervals(entry: Operation, name: str) -> Sequence[tuple[float, float]]:
        return entry.samples.get(name, [(-2.0, 2.0)])

    def loss(self) -> Value:
        """What is made of the latest nodes; now and then of derivatives, and with terms of parameters alone."""
        random = self.random
        latest = self.nodes[-1]
        kind = random.random()
        if kind < 0.2:
            by = random.sample(topological_order(latest), 1) + random.sample(self.parameters, 1)
            slopes = gradients(latest, by, create_graph=True)
            self.nodes += [slope for slope in slopes if slope.operands]
            loss = sum_of(slopes) if random.random() < 0.5 else dot(slopes, slopes) + latest
        elif kind < 0.4:
            loss = latest
        else:
            few = random.choices(self.nodes[-8:], k=random.randint(1, 6))
            loss = random.choice([sum_of(few), dot(few, few), sum(few, latest), latest * few[0], latest - few[0]])
        if random.random() < 0.2:
            loss = loss + 0.1 * l2(random.choices(self.parameters, k=3))
        if random.random() < 0.1:
            loss = random.choice(self.parameters) * loss
        return loss


def random_problem(random: Random, own_operations: Sequence[str] = ()) -> Problem:
    """A problem whose every number is compared without reservations: see `settled`."""
    while True:
        with contextlib.suppress(ValueError, ArithmeticError):  # outside some operation's domain: draw another
            drawing = Drawing(random)
            names = [*OPERATIONS, "add", "multiply", "subtract", "dot", "dot", "sum", "constant_power", *own_operations]
            for _ in range(random.randint(1, 16)):
                drawing.add(random.choice(names))
            if (problem := _completed(drawing)) is not None:
                return problem


def _completed(drawing: Drawing) -> Problem | None:
    """The problem of a graph that has been drawn, with a batch; None where there is none to be had."""
    random, loss = drawing.random, drawing.loss()
    below = set(topological_order(loss))
    parameters = [parameter for parameter in drawing.parameters if parameter in below]
    random.shuffle(parameters)
    odd = random.random() < 0.1  # now and then, a loss that no input or no parameter moves
    on_inputs = not drawing.inputs or any(leaf in below for group in drawing.inputs.values() for leaf in group)
    if not odd and not (on_inputs and any(gradients(loss, parameters))):
        return None
    if not parameters or not settled(loss, *drawing.nodes) or largest_number(loss, *drawing.nodes) > 1e3:
        return None
    outputs = {
        name: random.choices(drawing.nodes, k=random.randint(1, 3))
        for name in ["scores", "others"][: random.choice([0, 0, 1, 2])]
    }
    numbers = [drawing.number() for _ in parameters]
    batch: dict[str, list[list[float]]] = {name: [] for name in drawing.inputs}
    for _ in range(random.randint(1, 5)):
        for _ in range(6):
            rows = {name: [drawing.number() for _ in group] for name, group in drawing.inputs.items()}
            sample = dict(zip(parameters, numbers, strict=True))
            for name, group in drawing.inputs.items():
                sample.update(zip(group, rows[name], strict=True))
            if settled(*rebuilt([loss, *drawing.nodes], sample).values()):
                break
        else:
            return None
        for name, row in rows.items():
            batch[name].append(row)
        if not drawing.inputs:
            break
    arrays = {name: np.array(rows) for name, rows in batch.items()}
    return Problem(loss, drawing.inputs, parameters, outputs, arrays, np.array(numbers))
