"""A dense layer as its backward pass sees it, and the right backward pass, which every mistake is a variation of.

Rows are samples, weights are (inputs, neurons). What somebody's layer computes is read off its own forward: with
weights 0 and biases u (or one input 1 and its weights u) it gives f(u), whatever its activation f is.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.checks.handwritten import HandWritten
from micrograd_bp.checks.layouts import Form
from micrograd_bp.checks.reference import plain_forward, reference
from micrograd_bp.matrix import ACTIVATIONS

Array = NDArray[np.float64]
Function = Callable[[Array], Array]
Gradients = dict[str, Array]
"""`weights`, `biases`, `inputs`: what backward gives for each."""


class Dense(NamedTuple):
    """What a backward pass has at hand, for one layer and N samples.

    Attributes:
        inputs: (N, inputs).
        weights: (inputs, neurons).
        z: (N, neurons), the pre-activation.
        output: (N, neurons), f(z).
        activation: f, element by element.
        derivative: f', element by element.
        name: the activation's name if it is one of the usual ones, else "".
        earlier: the same layer in an earlier call, if there was one.
        changed: the weights as backward left them.
    """

    inputs: Array
    weights: Array
    z: Array
    output: Array
    activation: Function
    derivative: Function
    name: str
    earlier: "Dense | None" = None
    changed: Array | None = None

    @property
    def n(self) -> int:
        """The number of samples."""
        return len(self.inputs)


def backward(layer: Dense, d_output: Array) -> Gradients:
    """The right backward pass."""
    return from_d_z(layer, d_output * layer.derivative(layer.z))


def from_d_z(layer: Dense, d_z: Array) -> Gradients:
    """The three gradients, once dL/dz is there."""
    return {"weights": layer.inputs.T @ d_z, "biases": d_z.sum(axis=0), "inputs": d_z @ layer.weights.T}


def read_off(
    subject: HandWritten, form: Form, activation: "Activation", parameters: dict[str, Array], inputs: Array
) -> Dense | None:
    """Somebody's layer as a dense one, or None if it is not a dense layer with an activation element by element.

    Args:
        subject: the layer.
        activation: what `activation_of` gave.
        form: how its arrays lie.
        parameters: its parameters, by role.
        inputs: as the layer takes them.
    """
    functions, name = activation
    # Transposing twice is the way back. A layer without weights, only an activation, is like one with the identity.
    weights = form.weights(parameters["weights"]) if "weights" in parameters else np.eye(form.n_inputs)
    rows = form.layout.to_rows(inputs)
    z = rows @ weights + (parameters["biases"].reshape(-1) if "biases" in parameters else 0.0)
    made = Dense(rows, weights, z, functions[0](z), *functions, name)
    output = plain_forward(subject, parameters, inputs)
    theirs = form.layout.to_rows(output)
    fits = theirs.shape == made.output.shape and np.allclose(theirs, made.output, rtol=1e-5, atol=1e-5)
    return made if fits else None


class Activation(NamedTuple):
    """f and f', and their name, "" if it is none of the usual ones."""

    functions: tuple[Function, Function]
    name: str


def activation_of(subject: HandWritten, form: Form, parameters: dict[str, Array]) -> Activation:
    """The activation of somebody's layer, read off its forward."""
    functions = _activation(subject, form, parameters)
    for name, usual in ACTIVATIONS.items():
        if _is(functions, usual, form.n_outputs):
            return Activation(usual, name)
    return Activation(functions, "")


def _activation(subject: HandWritten, form: Form, parameters: dict[str, Array]) -> tuple[Function, Function]:
    """Their activation and its derivative, as functions of an array (N, neurons)."""
    role = next((role for role in ("biases", "weights") if role in parameters), "inputs")

    def at(u: Array) -> tuple[dict[str, Array], Array]:
        made = {each: np.zeros(array.shape) for each, array in parameters.items()}
        rows = np.zeros((1, form.n_inputs))
        if role == "biases":
            made["biases"] = u.reshape(parameters["biases"].shape)
        elif role == "inputs":
            rows[0] = u
        else:
            rows[0, 0] = 1.0
            weights = np.zeros((form.n_inputs, form.n_outputs))
            weights[0] = u
            made["weights"] = form.weights(weights)
        return made, form.samples(rows)

    def activation(row: Array) -> Array:
        output: Array = form.layout.to_rows(plain_forward(subject, *at(row)))[0]
        return output

    def derivative(row: Array) -> Array:
        gradient = reference(subject, *at(row), np.ones_like, only=f"d_{role}").gradients[f"d_{role}"]
        first: Array = form.weights(gradient)[0] if role == "weights" else gradient.reshape(-1)
        return first

    return row_by_row(activation), row_by_row(derivative)


def row_by_row(function: Function) -> Function:
    """A function of one row as one of many, which remembers the rows that it has seen: each costs a forward pass."""
    known: dict[bytes, Array] = {}

    def of_rows(rows: Array) -> Array:
        for row in rows:
            if row.tobytes() not in known:
                known[row.tobytes()] = function(row)
        return np.array([known[row.tobytes()] for row in rows])

    return of_rows


GRID = np.array([[-1.7, -0.6, 0.3, 1.9]])
"""Where an activation is compared with the usual ones."""


def _is(functions: tuple[Function, Function], usual: tuple[Function, Function], n: int) -> bool:
    u = np.resize(GRID, (4, n))
    return all(
        np.allclose(ours(u), theirs(u), rtol=1e-5, atol=1e-6) for ours, theirs in zip(functions, usual, strict=True)
    )
