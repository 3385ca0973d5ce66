"""W4: the value and gradient of the cross-entropy of 32 handwritten digits, 8×8 pixels, in MLP(64, [32, 10])."""

import random
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypedDict

from benchmarks.eager.moons import initial_parameters
from benchmarks.workload import Iteration, Outcome, Workload

SIZES = [64, 32, 10]
HAS_DIGITS = find_spec("sklearn") is not None


class Digits(TypedDict):
    """Pixels from 0 to 1, the digit that each image shows, and the network's weights."""

    images: list[list[float]]
    digits: list[int]
    parameters: list[float]


def problem(n: int = 32, seed: int = 8) -> Digits:
    """The first of scikit-learn's digits, which come with it; without it, random pixels that cost as much."""
    rng = random.Random(seed)
    if HAS_DIGITS:
        data = import_module("sklearn.datasets").load_digits()
        images = (data.images[:n].reshape(n, -1) / 16).tolist()
        digits = data.target[:n].tolist()
    else:
        images = [[rng.random() for _ in range(SIZES[0])] for _ in range(n)]
        digits = [rng.randrange(SIZES[-1]) for _ in range(n)]
    return Digits(images=images, digits=digits, parameters=initial_parameters(SIZES, rng))


def fused(problem: Digits) -> Iteration:
    """This package as its user writes it."""
    from micrograd_bp import MLP, cross_entropy

    model = MLP(SIZES[0], SIZES[1:])
    parameters = model.parameters()
    for p, number in zip(parameters, problem["parameters"], strict=True):
        p.data = number

    def iteration() -> Outcome:
        model.zero_grad()
        logits = [model(image) for image in problem["images"]]
        loss = cross_entropy(logits, problem["digits"])
        loss.backward()
        return loss.data, [p.grad for p in parameters]

    return iteration


def unfused(problem: Digits) -> Iteration:
    """This package with every product and sum a node of its own, as in micrograd."""
    from micrograd_bp import MLP, Value

    model = MLP(SIZES[0], SIZES[1:], fused=False)
    parameters = model.parameters()
    for p, number in zip(parameters, problem["parameters"], strict=True):
        p.data = number

    def cross_entropy(logits: list[Value], digit: int) -> Any:
        largest = max(z.data for z in logits)  # so that exp does not overflow
        total: Any = sum((z - largest).exp() for z in logits)
        return total.log() + largest - logits[digit]

    def iteration() -> Outcome:
        model.zero_grad()
        inputs = [list(map(Value, image)) for image in problem["images"]]
        losses = [cross_entropy(model(x), digit) for x, digit in zip(inputs, problem["digits"], strict=True)]
        loss: Any = sum(losses) * (1.0 / len(losses))
        loss.backward()
        return loss.data, [p.grad for p in parameters]

    return iteration


def micrograd(problem: Digits) -> Iteration:
    """With exp and log added in its own style."""
    from benchmarks.eager.micrograd_functions import Value, exp, log

    model = import_module("micrograd.nn").MLP(SIZES[0], SIZES[1:])
    parameters = model.parameters()
    for p, number in zip(parameters, problem["parameters"], strict=True):
        p.data = number

    def cross_entropy(logits: list[Any], digit: int) -> Any:
        largest = max(z.data for z in logits)  # so that exp does not overflow
        return log(sum(exp(z - largest) for z in logits)) + largest - logits[digit]

    def iteration() -> Outcome:
        model.zero_grad()
        inputs = [list(map(Value, image)) for image in problem["images"]]
        losses = [cross_entropy(model(x), digit) for x, digit in zip(inputs, problem["digits"], strict=True)]
        loss = sum(losses) * (1.0 / len(losses))
        loss.backward()
        return loss.data, [p.grad for p in parameters]

    return iteration


def xad(problem: Digits) -> Iteration:
    """A new tape for each iteration, as its documentation has it. Pixels stay plain numbers, which it takes too."""
    from benchmarks.eager.xad_network import adjoint, forward, layers

    functions = import_module("xad.math")
    exp, log = functions.exp, functions.log

    def relu(x: Any) -> Any:
        return functions.max(x, 0.0)

    def cross_entropy(logits: list[Any], digit: int) -> Any:
        largest = max(z.value for z in logits)  # so that exp does not overflow
        return log(sum(exp(z - largest) for z in logits)) + largest - logits[digit]

    def iteration() -> Outcome:
        parameters = [adjoint.Real(p) for p in problem["parameters"]]
        with adjoint.Tape() as tape:
            tape.registerInputs(parameters)
            tape.newRecording()
            network = layers(parameters, SIZES)
            losses = [
                cross_entropy(forward(network, relu, image), digit)
                for image, digit in zip(problem["images"], problem["digits"], strict=True)
            ]
            loss = sum(losses) * (1.0 / len(losses))
            tape.registerOutput(loss)
            loss.derivative = 1.0
            tape.computeAdjoints()
            return loss.value, [p.derivative for p in parameters]

    return iteration


_DATA = "digits of 8×8 pixels" if HAS_DIGITS else "rows of 64 random pixels (scikit-learn is absent)"

WORKLOAD = Workload(
    "W4",
    f"32 {_DATA} through MLP(64, [32, 10]), cross-entropy, value and gradient",
    problem,
    {"micrograd_bp": fused, "micrograd_bp unfused": unfused, "micrograd": micrograd, "xad": xad},
)
