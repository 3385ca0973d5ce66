"""The usual mistakes in a dense layer's backward, one entry each: the words for it, and what it would give.

Read it as a table. Each entry is the backward pass with one thing wrong. It gives the arrays that differ from the right
ones, or would if the probe shows it; those that it leaves out are right. A new mistake is one entry.
"""

# ruff: noqa: D103  # an entry says what it is in its decorator

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.checks.dense import Dense, Gradients, backward, from_d_z
from micrograd_bp.matrix import ACTIVATIONS

Array = NDArray[np.float64]


class Mistake(NamedTuple):
    """One way to be wrong.

    Attributes:
        name: what it is called in JSON and in tests.
        words: what the report says.
        line: which line of backward to look at: that of `d_z`, or that of the gradient of one array.
        backward: the wrong backward pass.
    """

    name: str
    words: str
    line: str
    backward: Callable[[Dense, Array], Gradients]


MISTAKES: list[Mistake] = []
Wrong = Callable[[Dense, Array], Gradients]


def mistake(words: str, line: str = "d_z") -> Callable[[Wrong], Wrong]:
    """Enters a wrong backward pass into the table."""

    def enter(wrong: Wrong) -> Wrong:
        MISTAKES.append(Mistake(wrong.__name__, words, line, wrong))
        return wrong

    return enter


# ---- dL/dz = dL/d(output) · f'(z)


@mistake("the activation's derivative is forgotten: dL/d(output) is used as if it were dL/dz")
def forgotten_derivative(layer: Dense, d_output: Array) -> Gradients:
    return from_d_z(layer, d_output)


@mistake("the activation's derivative is taken at the output instead of at z")
def derivative_at_output(layer: Dense, d_output: Array) -> Gradients:
    return from_d_z(layer, d_output * layer.derivative(layer.output))


# The derivative as a function of the output a = f(z), for activations that have one worth remembering.
IN_TERMS_OF_OUTPUT: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda a: a * (1.0 - a),
    "tanh": lambda a: 1.0 - a * a,
    "softplus": lambda a: 1.0 - np.exp(-a),
    "relu": lambda a: np.heaviside(a, 0.0),
}


@mistake("the derivative's formula is the one in terms of the output, such as a(1 - a), but it is handed z")
def output_formula_at_z(layer: Dense, d_output: Array) -> Gradients:
    formula = IN_TERMS_OF_OUTPUT.get(layer.name, layer.derivative)
    return from_d_z(layer, d_output * formula(layer.z))


@mistake("the activation's derivative is taken at the inputs instead of at z")
def derivative_at_inputs(layer: Dense, d_output: Array) -> Gradients:
    return from_d_z(layer, d_output * layer.derivative(layer.inputs))


@mistake("the activation's derivative is taken at dL/d(output) instead of at z")
def derivative_at_gradient(layer: Dense, d_output: Array) -> Gradients:
    return from_d_z(layer, d_output * layer.derivative(d_output))


@mistake("z leaves out the biases where the activation's derivative is taken")
def derivative_without_biases(layer: Dense, d_output: Array) -> Gradients:
    return from_d_z(layer, d_output * layer.derivative(layer.inputs @ layer.weights))


@mistake("the activation's derivative is multiplied in twice")
def derivative_twice(layer: Dense, d_output: Array) -> Gradients:
    return from_d_z(layer, d_output * layer.derivative(layer.z) ** 2)


@mistake("the activation's derivative stands there without dL/d(output)")
def derivative_alone(layer: Dense, d_output: Array) -> Gradients:
    return from_d_z(layer, layer.derivative(layer.z))


@mistake("dL/d(output) is divided by the activation's derivative instead of multiplied")
def divided_by_derivative(layer: Dense, d_output: Array) -> Gradients:
    with np.errstate(divide="ignore", invalid="ignore"):
        return from_d_z(layer, d_output / layer.derivative(layer.z))


@mistake("dL/d(output) and the activation's derivative are added instead of multiplied")
def derivative_added(layer: Dense, d_output: Array) -> Gradients:
    return from_d_z(layer, d_output + layer.derivative(layer.z))


@mistake("the activation itself stands where its derivative belongs")
def activation_for_derivative(layer: Dense, d_output: Array) -> Gradients:
    return from_d_z(layer, d_output * layer.output)


@mistake("z stands where the activation's derivative at z belongs")
def z_for_derivative(layer: Dense, d_output: Array) -> Gradients:
    return from_d_z(layer, d_output * layer.z)


@mistake("1 - a stands where the derivative belongs: a factor or a square is missing in it")
def one_minus_output(layer: Dense, d_output: Array) -> Gradients:
    return from_d_z(layer, d_output * (1.0 - layer.output))


@mistake("the square is not subtracted from 1: a² stands where the derivative 1 - a² belongs")
def squared_output(layer: Dense, d_output: Array) -> Gradients:
    return from_d_z(layer, d_output * layer.output**2)


def _other_activation(other: str) -> None:
    def wrong(layer: Dense, d_output: Array) -> Gradients:
        return from_d_z(layer, d_output * ACTIVATIONS[other][1](layer.z))

    wrong.__name__ = f"derivative_of_{other}"
    mistake(f"the derivative is that of {other}, another activation than the forward pass has")(wrong)


for _name in ACTIVATIONS:
    if _name != "linear":  # that is the forgotten derivative
        _other_activation(_name)


def _other_formula_at_output(other: str) -> None:
    def wrong(layer: Dense, d_output: Array) -> Gradients:
        return from_d_z(layer, d_output * IN_TERMS_OF_OUTPUT[other](layer.output))

    wrong.__name__ = f"formula_of_{other}"
    mistake(f"the derivative is that of {other} in terms of the output, another activation than the forward pass has")(
        wrong
    )


for _name in ("sigmoid", "tanh"):
    _other_formula_at_output(_name)

# ---- d_weights = inputsᵀ · dL/dz


@mistake("the output stands where the stored inputs belong: the wrong layer's input", line="d_weights")
def output_for_inputs(layer: Dense, d_output: Array) -> Gradients:
    return {"weights": layer.output.T @ _d_z(layer, d_output)}


@mistake("z stands where the stored inputs belong", line="d_weights")
def z_for_inputs(layer: Dense, d_output: Array) -> Gradients:
    return {"weights": layer.z.T @ _d_z(layer, d_output)}


@mistake("the activation is applied to the stored inputs, as if they were another layer's z", line="d_weights")
def activated_inputs(layer: Dense, d_output: Array) -> Gradients:
    return {"weights": layer.activation(layer.inputs).T @ _d_z(layer, d_output)}


@mistake("the stored inputs are those of an earlier call", line="d_weights")
def earlier_inputs(layer: Dense, d_output: Array) -> Gradients:
    if layer.earlier is None or layer.earlier.n != layer.n:
        return {}
    return {"weights": layer.earlier.inputs.T @ _d_z(layer, d_output)}


@mistake("the stored z is that of an earlier call")
def earlier_z(layer: Dense, d_output: Array) -> Gradients:
    if layer.earlier is None or layer.earlier.n != layer.n:
        return {}
    return from_d_z(layer, d_output * layer.derivative(layer.earlier.z))


@mistake("the whole stored forward pass is that of an earlier call")
def earlier_pass(layer: Dense, d_output: Array) -> Gradients:
    if layer.earlier is None or layer.earlier.n != layer.n:
        return {}
    return backward(layer.earlier, d_output)


@mistake("the inputs are not there: dL/dz of all samples is summed for every input", line="d_weights")
def weights_without_inputs(layer: Dense, d_output: Array) -> Gradients:
    return {"weights": np.tile(_d_z(layer, d_output).sum(axis=0), (layer.inputs.shape[1], 1))}


@mistake("the weights' gradient is not summed over the samples of the batch", line="d_weights")
def weights_not_summed(layer: Dense, d_output: Array) -> Gradients:
    return {"weights": layer.inputs[:, :, None] * _d_z(layer, d_output)[:, None, :]}


@mistake("only the last sample of the batch counts in the weights' gradient", line="d_weights")
def weights_of_last_sample(layer: Dense, d_output: Array) -> Gradients:
    return {"weights": layer.inputs[-1:].T @ _d_z(layer, d_output)[-1:]}


@mistake("only the first sample of the batch counts in the weights' gradient", line="d_weights")
def weights_of_first_sample(layer: Dense, d_output: Array) -> Gradients:
    return {"weights": layer.inputs[:1].T @ _d_z(layer, d_output)[:1]}


# ---- d_biases = the column sums of dL/dz


@mistake("the biases' gradient is not summed over the samples of the batch", line="d_biases")
def biases_not_summed(layer: Dense, d_output: Array) -> Gradients:
    return {"biases": _d_z(layer, d_output)}


@mistake("the biases' gradient is summed over the neurons instead of the samples: the wrong axis", line="d_biases")
def biases_summed_over_neurons(layer: Dense, d_output: Array) -> Gradients:
    return {"biases": _d_z(layer, d_output).sum(axis=1)}


@mistake("the biases' gradient is summed over everything, samples and neurons", line="d_biases")
def biases_summed_over_everything(layer: Dense, d_output: Array) -> Gradients:
    return {"biases": _d_z(layer, d_output).sum()}


@mistake("everything is summed: each bias has the sum over samples and neurons", line="d_biases")
def biases_all_equal(layer: Dense, d_output: Array) -> Gradients:
    return {"biases": np.full(layer.z.shape[1], _d_z(layer, d_output).sum())}


@mistake("only the last sample of the batch counts in the biases' gradient", line="d_biases")
def biases_of_last_sample(layer: Dense, d_output: Array) -> Gradients:
    return {"biases": _d_z(layer, d_output)[-1]}


@mistake("only the first sample of the batch counts in the biases' gradient", line="d_biases")
def biases_of_first_sample(layer: Dense, d_output: Array) -> Gradients:
    return {"biases": _d_z(layer, d_output)[0]}


@mistake("the biases' gradient is the weights' gradient summed over the inputs", line="d_biases")
def biases_from_weights(layer: Dense, d_output: Array) -> Gradients:
    return {"biases": backward(layer, d_output)["weights"].sum(axis=0)}


# ---- d_inputs = dL/dz · weightsᵀ


@mistake("the multiplication with the weights is missing: dL/dz itself is passed on", line="d_inputs")
def inputs_without_weights(layer: Dense, d_output: Array) -> Gradients:
    return {"inputs": _d_z(layer, d_output)}


@mistake("dL/d(output) is passed on as it came", line="d_inputs")
def gradient_handed_through(layer: Dense, d_output: Array) -> Gradients:
    return {"inputs": d_output}


@mistake("the weights are not transposed where dL/d(inputs) is computed", line="d_inputs")
def inputs_with_weights_not_transposed(layer: Dense, d_output: Array) -> Gradients:
    square = layer.weights.shape[0] == layer.weights.shape[1]
    return {"inputs": _d_z(layer, d_output) @ layer.weights} if square else {}


@mistake(
    "dL/d(output) is multiplied with the weights first and with the activation's derivative afterwards",
    line="d_inputs",
)
def derivative_after_weights(layer: Dense, d_output: Array) -> Gradients:
    square = layer.weights.shape[0] == layer.weights.shape[1]
    return {"inputs": (d_output @ layer.weights.T) * layer.derivative(layer.z)} if square else {}


@mistake("the derivative at the inputs is multiplied in, which is the task of the layer before", line="d_inputs")
def derivative_of_layer_before(layer: Dense, d_output: Array) -> Gradients:
    return {"inputs": backward(layer, d_output)["inputs"] * layer.derivative(layer.inputs)}


@mistake(
    "the derivative in terms of the output, at the inputs, is multiplied in: the layer before does that", "d_inputs"
)
def output_derivative_of_layer_before(layer: Dense, d_output: Array) -> Gradients:
    formula = IN_TERMS_OF_OUTPUT.get(layer.name, np.ones_like)
    return {"inputs": backward(layer, d_output)["inputs"] * formula(layer.inputs)}


@mistake("dL/d(inputs) is summed over the samples: each sample needs its own", line="d_inputs")
def inputs_summed(layer: Dense, d_output: Array) -> Gradients:
    return {"inputs": backward(layer, d_output)["inputs"].sum(axis=0)}


@mistake("dL/d(inputs) is computed with weights that the step has already changed", line="d_inputs")
def inputs_with_updated_weights(layer: Dense, d_output: Array) -> Gradients:
    return {} if layer.changed is None else {"inputs": _d_z(layer, d_output) @ layer.changed.T}


def _d_z(layer: Dense, d_output: Array) -> Array:
    return d_output * layer.derivative(layer.z)
