"""W1: one training iteration of micrograd's own demo, the whole of it: two moons, hinge loss, L2 penalty, SGD step."""

import math
import random
from importlib import import_module
from itertools import pairwise
from typing import Any, TypedDict

from benchmarks.workload import Iteration, Outcome, Workload

SIZES = [2, 16, 16, 1]
PENALTY = 1e-4
LEARNING_RATE = 0.1


class Moons(TypedDict):
    """Points in two interleaved half circles, their labels -1 and 1, and the network's first weights."""

    points: list[list[float]]
    labels: list[int]
    parameters: list[float]


def problem(n: int = 100, seed: int = 1337) -> Moons:
    """The points of scikit-learn's `make_moons` with noise 0.1, from their formula."""
    rng = random.Random(seed)
    points: list[list[float]] = []
    labels: list[int] = []
    for place in range(n):
        angle = math.pi * (place // 2) / (n // 2 - 1)
        x, y = math.cos(angle), math.sin(angle)
        label = -1 if place % 2 == 0 else 1
        if label == 1:
            x, y = 1.0 - x, 0.5 - y
        points.append([x + rng.gauss(0.0, 0.1), y + rng.gauss(0.0, 0.1)])
        labels.append(label)
    return Moons(points=points, labels=labels, parameters=initial_parameters(SIZES, rng))


def initial_parameters(sizes: list[int], rng: random.Random) -> list[float]:
    """Weights and biases as micrograd draws and orders them."""
    return [
        weight
        for nin, nout in pairwise(sizes)
        for _ in range(nout)
        for weight in (*(rng.uniform(-1, 1) for _ in range(nin)), 0.0)
    ]


def fused(problem: Moons) -> Iteration:
    """This package as its user writes it: a neuron's sum is one node, and so are the sums of the loss."""
    from micrograd_bp import MLP, hinge, l2

    model = MLP(SIZES[0], SIZES[1:])
    parameters = model.parameters()
    for p, number in zip(parameters, problem["parameters"], strict=True):
        p.data = number

    def iteration() -> Outcome:
        model.zero_grad()
        scores = [model(point) for point in problem["points"]]
        loss = hinge(scores, problem["labels"]) + PENALTY * l2(model.parameters())
        loss.backward()
        for p in model.parameters():
            p.data -= LEARNING_RATE * p.grad
        return loss.data, [p.grad for p in parameters]

    return iteration


def unfused(problem: Moons) -> Iteration:
    """This package with every product and sum a node of its own, as in micrograd."""
    from micrograd_bp import MLP, Value

    model = MLP(SIZES[0], SIZES[1:], fused=False)
    parameters = model.parameters()
    for p, number in zip(parameters, problem["parameters"], strict=True):
        p.data = number

    def iteration() -> Outcome:
        model.zero_grad()
        inputs = [list(map(Value, point)) for point in problem["points"]]
        scores = list(map(model, inputs))
        losses = [(1 + -label * score).relu() for label, score in zip(problem["labels"], scores, strict=True)]
        loss = sum(losses) * (1.0 / len(losses)) + PENALTY * sum(p * p for p in model.parameters())
        loss.backward()
        for p in model.parameters():
            p.data -= LEARNING_RATE * p.grad
        return loss.data, [p.grad for p in parameters]

    return iteration


def micrograd(problem: Moons) -> Iteration:
    """Its demo, but for the accuracy."""
    Value = import_module("micrograd.engine").Value  # noqa: N806  # it is a class
    model = import_module("micrograd.nn").MLP(SIZES[0], SIZES[1:])
    parameters = model.parameters()
    for p, number in zip(parameters, problem["parameters"], strict=True):
        p.data = number

    def iteration() -> Outcome:
        model.zero_grad()
        inputs = [list(map(Value, point)) for point in problem["points"]]
        scores = list(map(model, inputs))
        losses = [(1 + -label * score).relu() for label, score in zip(problem["labels"], scores, strict=True)]
        loss = sum(losses) * (1.0 / len(losses)) + PENALTY * sum(p * p for p in model.parameters())
        loss.backward()
        for p in model.parameters():
            p.data -= LEARNING_RATE * p.grad
        return loss.data, [p.grad for p in parameters]

    return iteration


def xad(problem: Moons) -> Iteration:
    """A new tape for each iteration, as its documentation has it. Points stay plain numbers, which it takes too."""
    from benchmarks.eager.xad_network import adjoint, forward, layers

    maximum = import_module("xad.math").max
    parameters = list(problem["parameters"])

    def relu(x: Any) -> Any:
        return maximum(x, 0.0)

    def iteration() -> Outcome:
        inputs = [adjoint.Real(p) for p in parameters]
        with adjoint.Tape() as tape:
            tape.registerInputs(inputs)
            tape.newRecording()
            network = layers(inputs, SIZES)
            scores = [forward(network, relu, point)[0] for point in problem["points"]]
            losses = [relu(1 + -label * score) for label, score in zip(problem["labels"], scores, strict=True)]
            loss = sum(losses) * (1.0 / len(losses)) + PENALTY * sum(p * p for p in inputs)
            tape.registerOutput(loss)
            loss.derivative = 1.0
            tape.computeAdjoints()
            gradient = [p.derivative for p in inputs]
        for place, slope in enumerate(gradient):
            parameters[place] -= LEARNING_RATE * slope
        return loss.value, gradient

    return iteration


WORKLOAD = Workload(
    "W1",
    "one training iteration of micrograd's demo: 100 moons, MLP(2, [16, 16, 1])",
    problem,
    {"micrograd_bp": fused, "micrograd_bp unfused": unfused, "micrograd": micrograd, "xad": xad},
)
