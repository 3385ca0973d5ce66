"""The usual mistakes in a network's backward, one entry each: the loop over the layers with one thing wrong.

Each entry is handed the layers, from input to output, and dL/d(prediction). It gives, for each layer, what its backward
gives, and at the end what the network's backward returns. The mistakes of a single layer are in `mistakes`.
"""

# ruff: noqa: D103  # an entry says what it is in its decorator

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.checks.dense import Dense, Gradients, backward
from micrograd_bp.checks.mistakes import Mistake

Array = NDArray[np.float64]
Layers = Sequence[Dense]
Loop = Callable[[Layers, Array], tuple[list[Gradients], Array]]


class NetworkMistake(NamedTuple):
    """One way to be wrong; the attributes are those of `Mistake`."""

    name: str
    words: str
    line: str
    backward: Loop


NETWORK_MISTAKES: list[NetworkMistake] = []


def mistake(words: str) -> Callable[[Loop], Loop]:
    """Enters a wrong loop into the table."""

    def enter(wrong: Loop) -> Loop:
        NETWORK_MISTAKES.append(NetworkMistake(wrong.__name__, words, "loop", wrong))
        return wrong

    return enter


def loop(
    layers: Layers, gradient: Array, backward_of: Callable[[int, Array], Gradients]
) -> tuple[list[Gradients], Array]:
    """The right loop: in reverse, what one layer returns being the next one's gradient."""
    gradients: list[Gradients] = [{} for _ in layers]
    for number in reversed(range(len(layers))):
        gradients[number] = backward_of(number, gradient)
        gradient = gradients[number]["inputs"]
    return gradients, gradient


def nothing(layer: Dense) -> Gradients:
    """The gradients of a layer whose backward never ran."""
    return {"weights": np.zeros_like(layer.weights), "biases": np.zeros(layer.weights.shape[1])}


@mistake("the layers are looped in forward order: the last layer has to be the first")
def forward_order(layers: Layers, gradient: Array) -> tuple[list[Gradients], Array]:
    gradients = []
    for layer in layers:
        gradients.append(backward(layer, gradient))
        gradient = gradients[-1]["inputs"]
    return gradients, gradient


@mistake("every layer is handed dL/d(prediction), instead of what the layer after it returned")
def not_passed_on(layers: Layers, gradient: Array) -> tuple[list[Gradients], Array]:
    gradients = [backward(layer, gradient) for layer in layers]
    return gradients, gradients[0]["inputs"]


@mistake("the loop stops before the first layer")
def first_left_out(layers: Layers, gradient: Array) -> tuple[list[Gradients], Array]:
    gradients, returned = loop(layers[1:], gradient, lambda number, g: backward(layers[number + 1], g))
    return [nothing(layers[0]), *gradients], returned


@mistake("the loop leaves out the last layer")
def last_left_out(layers: Layers, gradient: Array) -> tuple[list[Gradients], Array]:
    gradients, returned = loop(layers[:-1], gradient, lambda number, g: backward(layers[number], g))
    return [*gradients, nothing(layers[-1])], returned


@mistake("what the layers return is dropped: dL/d(prediction) is returned instead of dL/d(inputs)")
def returns_its_argument(layers: Layers, gradient: Array) -> tuple[list[Gradients], Array]:
    return loop(layers, gradient, lambda number, g: backward(layers[number], g))[0], gradient


@mistake("a hidden layer's gradient goes through the weights of the wrong layer")
def weights_of_other_layer(layers: Layers, gradient: Array) -> tuple[list[Gradients], Array]:
    def wrong(number: int, g: Array) -> Gradients:
        other = layers[number - 1 if number else 0]
        return {
            **backward(layers[number], g),
            "inputs": g * layers[number].derivative(layers[number].z) @ other.weights.T,
        }

    return loop(layers, gradient, wrong)


@mistake("the stored input is that of the wrong layer: every layer uses the inputs of the network")
def inputs_of_network(layers: Layers, gradient: Array) -> tuple[list[Gradients], Array]:
    def wrong(number: int, g: Array) -> Gradients:
        return backward(layers[number]._replace(inputs=layers[0].inputs), g)

    return loop(layers, gradient, wrong)


@mistake("the stored input is that of the wrong layer: that of the layer before")
def inputs_of_layer_before(layers: Layers, gradient: Array) -> tuple[list[Gradients], Array]:
    def wrong(number: int, g: Array) -> Gradients:
        return backward(layers[number]._replace(inputs=layers[max(number - 1, 0)].inputs), g)

    return loop(layers, gradient, wrong)


@mistake("the stored input is that of the wrong layer: that of the layer after")
def inputs_of_layer_after(layers: Layers, gradient: Array) -> tuple[list[Gradients], Array]:
    def wrong(number: int, g: Array) -> Gradients:
        after = layers[number + 1].inputs if number + 1 < len(layers) else layers[number].inputs
        return backward(layers[number]._replace(inputs=after), g)

    return loop(layers, gradient, wrong)


@mistake("the stored z is that of the wrong layer: that of the layer before")
def z_of_layer_before(layers: Layers, gradient: Array) -> tuple[list[Gradients], Array]:
    def wrong(number: int, g: Array) -> Gradients:
        return backward(layers[number]._replace(z=layers[max(number - 1, 0)].z), g)

    return loop(layers, gradient, wrong)


@mistake("the derivative is that of the wrong layer's activation: that of the last layer, everywhere")
def derivative_of_last(layers: Layers, gradient: Array) -> tuple[list[Gradients], Array]:
    def wrong(number: int, g: Array) -> Gradients:
        return backward(layers[number]._replace(derivative=layers[-1].derivative), g)

    return loop(layers, gradient, wrong)


@mistake("the derivative is that of the wrong layer's activation: that of the first layer, everywhere")
def derivative_of_first(layers: Layers, gradient: Array) -> tuple[list[Gradients], Array]:
    def wrong(number: int, g: Array) -> Gradients:
        return backward(layers[number]._replace(derivative=layers[0].derivative), g)

    return loop(layers, gradient, wrong)


def in_layer(mistake: Mistake, which: int | None, *, passed_on: bool) -> Loop:
    """A single layer's mistake in one layer of a network, or in all of them.

    Args:
        mistake: of a layer.
        which: the number of the layer; None for all.
        passed_on: whether only what it passes on to the layer before is wrong.
    """

    def wrong(layers: Layers, gradient: Array) -> tuple[list[Gradients], Array]:
        def backward_of(number: int, g: Array) -> Gradients:
            right = backward(layers[number], g)
            if which not in (None, number):
                return right
            arrays = mistake.backward(layers[number], g)
            if passed_on:
                arrays = {role: array for role, array in arrays.items() if role == "inputs"}
            return {**right, **arrays}

        return loop(layers, gradient, backward_of)

    return wrong
