"""A network as the dense layers that it is made of, read off its layers or, where it has only arrays, by trying."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.checks.dense import Activation, Dense, activation_of
from micrograd_bp.checks.dense import backward as dense_backward
from micrograd_bp.checks.handwritten import BackwardFailed, HandWritten
from micrograd_bp.checks.judge import Probe, Seen
from micrograd_bp.checks.layer import find_form
from micrograd_bp.checks.layouts import Form, Layout
from micrograd_bp.checks.names import sublayers
from micrograd_bp.checks.network_mistakes import loop
from micrograd_bp.checks.probes import probe_parameters
from micrograd_bp.checks.world import CannotCheck
from micrograd_bp.matrix import ACTIVATIONS

Array = NDArray[np.float64]


class Part(NamedTuple):
    """A dense layer of a network.

    Attributes:
        number: that of its arrays, `weights 0`; "" if there is only one.
        form: how its arrays lie.
        activation: what it applies to z.
    """

    number: str
    form: Form
    activation: Activation

    def role(self, what: str) -> str:
        """`weights 0`."""
        return f"{what} {self.number}".strip()


def read_parts(subject: HandWritten, layout: Layout, probes: Sequence[Probe]) -> list[Part]:
    """The network as dense layers, or nothing."""
    try:
        return _from_sublayers(subject) if sublayers(subject.thing) else _by_trying(subject, layout, probes)
    except (CannotCheck, BackwardFailed, ValueError, ArithmeticError):
        return []


def _from_sublayers(subject: HandWritten) -> list[Part]:
    parts: list[Part] = []
    layers = sublayers(subject.thing)
    for number, layer in enumerate(layers):
        inner = HandWritten(layer)
        form, _ = find_form(inner, None)
        if form is None:
            return []
        activation = activation_of(inner, form, probe_parameters(inner.parameters, 0))
        if inner.parameters:
            parts.append(Part(str(number), form, activation))
        elif parts and parts[-1].activation.name == "linear":  # a layer that only applies an activation
            parts[-1] = parts[-1]._replace(activation=activation)
        else:
            return []
    return [part._replace(number="") for part in parts] if len(parts) == 1 else parts


def _by_trying(subject: HandWritten, layout: Layout, probes: Sequence[Probe]) -> list[Part]:
    """Layers W1, b1, W2, b2, …: whichever usual activations give the output that theirs gives."""
    numbers = [role.partition(" ")[2] for role in subject.places if role.startswith("weights")]
    outputs = [layout.to_rows(_output(subject, probe)) for probe in probes]
    for transposed in (False, True):
        for hidden in ACTIVATIONS:
            for last in ("linear", *ACTIVATIONS):  # where relu and linear are the same, it is linear
                parts = []
                for place, number in enumerate(numbers):
                    shape = subject.parameters[f"weights {number}".strip()].shape
                    n_inputs, n_outputs = reversed(shape) if transposed else shape
                    name = last if place == len(numbers) - 1 else hidden
                    form = Form(layout, n_inputs, n_outputs, transposed)
                    parts.append(Part(number, form, Activation(ACTIVATIONS[name], name)))
                try:
                    ours = [_forward(parts, probe.parameters, layout.to_rows(probe.inputs)) for probe in probes]
                except ValueError:
                    break
                if all(
                    layers[-1].output.shape == output.shape and np.allclose(layers[-1].output, output, rtol=1e-6)
                    for layers, output in zip(ours, outputs, strict=True)
                ):
                    return parts
    return []


def _output(subject: HandWritten, probe: Probe) -> Array:
    return np.asarray(subject.forward(subject.copy(probe.parameters), probe.inputs)[0], dtype=float)


def _forward(parts: Sequence[Part], parameters: Mapping[str, Array], rows: Array) -> list[Dense]:
    layers = []
    for part in parts:
        weights = part.form.weights(parameters[part.role("weights")])
        biases = parameters.get(part.role("biases"))
        z = rows @ weights + (0.0 if biases is None else biases.reshape(-1))
        functions, name = part.activation
        layer = Dense(rows, weights, z, functions[0](z), *functions, name)
        layers.append(layer)
        rows = layer.output
    return layers


def dense_layers(parts: Sequence[Part], seen: Seen) -> tuple[list[Dense], Array] | None:
    """The layers in one call and dL/d(prediction), or None where they are not what the network computes."""
    if not parts:
        return None
    layout = parts[0].form.layout
    try:
        layers = _forward(parts, seen.probe.parameters, layout.to_rows(seen.probe.inputs))
        upstream = layout.to_rows(seen.upstream)
        gradients, _ = loop(layers, upstream, lambda number, g: dense_backward(layers[number], g))
        for part, gradient in zip(parts, gradients, strict=True):
            right = part.form.weights(seen.reference.gradients[f"d_{part.role('weights')}"])
            if not np.allclose(gradient["weights"], right, rtol=1e-3, atol=1e-4):
                return None
    except (ValueError, KeyError, CannotCheck):
        return None
    after = seen.theirs.after
    changed = [part.form.weights(np.asarray(after[part.role("weights")], dtype=float)) for part in parts]
    return [layer._replace(changed=array) for layer, array in zip(layers, changed, strict=True)], upstream
