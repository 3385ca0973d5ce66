"""The right gradients of somebody's layer or network, from its own forward.

Three ways, in this order: their forward runs on object arrays of Values, and the graph gives the gradient; a dense
layer made of Values has the activation that theirs declares, and gives the same output; finite differences of their
forward. Whatever the graph says is believed only where its output is the output of their forward on numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.checks.handwritten import HandWritten, described
from micrograd_bp.checks.names import attributes, sublayers
from micrograd_bp.checks.world import CannotCheck
from micrograd_bp.engine import OPERATIONS, Value, backward
from micrograd_bp.engine.differences import compare, numerical_derivative

Array = NDArray[np.float64]
Arrays = dict[str, Array]

GRAPH = "their own forward, run on Values"
DECLARED = "a network of Values with the declared activation{}, {}"
DIFFERENCES = "finite differences of their forward"

to_values = np.vectorize(Value, otypes=[object])


class Reference(NamedTuple):
    """The right gradients.

    Attributes:
        output: what forward gives.
        gradients: by role, `d_weights`, `d_inputs`, …, in the shapes of the arrays that they belong to.
        source: where they come from, in words.
        tolerance: the relative error that they may have themselves.
    """

    output: Array
    gradients: Arrays
    source: str
    tolerance: float


def reference(
    subject: HandWritten,
    parameters: Mapping[str, Array],
    inputs: Array,
    d_output: Callable[[Array], Array],
    activation: str | None = None,
    only: str | None = None,
) -> Reference:
    """The gradients of Σ d_output·output.

    Args:
        subject: whose forward.
        parameters: by role.
        inputs: for forward.
        d_output: from the output to dL/d(output).
        activation: the name of an operation, if their forward cannot run on Values and they do not declare it.
        only: the one gradient that is needed, if the others are not.

    Raises:
        CannotCheck: forward raises, gives no array of finite numbers, or another one each time.
    """
    output = plain_forward(subject, parameters, inputs)
    if not np.array_equal(output, plain_forward(subject, parameters, inputs)):
        raise CannotCheck("forward gives another output each time it is called: fix its random numbers, then check")
    upstream = d_output(output)
    single = _is_single_precision(subject, parameters, inputs)
    tolerance = 2e-3 if single else 1e-6
    numbers = {**{f"d_{role}": array for role, array in parameters.items()}, "d_inputs": inputs}
    declared = [activation] if activation else declared_activations(subject)
    ways: list[tuple[str, Callable[[Arrays], Any]]] = [(GRAPH, lambda leaves: _own_forward(subject, leaves))]
    if declared:
        words = DECLARED.format("s" if len(declared) > 1 else "", ", ".join(declared))
        ways.append((words, lambda leaves: _dense(subject, leaves, declared, transposed=False)))
        ways.append((words, lambda leaves: _dense(subject, leaves, declared, transposed=True)))
    for source, forward in ways:
        leaves = {role: to_values(array) for role, array in numbers.items()}
        try:
            values = np.asarray(forward(leaves), dtype=object)
            nodes = [node if isinstance(node, Value) else Value(node) for node in values.flat]
            data = np.array([node.data for node in nodes]).reshape(values.shape)
        except Exception:  # whatever stopped it, the next way may work
            continue
        close = 1e-3 if single else 1e-9
        if data.shape != output.shape or not np.allclose(data, output, rtol=close, atol=close):
            continue
        backward(nodes, upstream.ravel().tolist())
        gradients = {
            role: np.array([leaf.grad for leaf in array.flat]).reshape(array.shape) for role, array in leaves.items()
        }
        return Reference(output, gradients, source, tolerance)
    return _differences(subject, numbers, output, upstream, max(tolerance, 1e-5), single, only)


def plain_forward(subject: HandWritten, parameters: Mapping[str, Array], inputs: Array) -> Array:
    """The output of their forward on numbers, on a fresh copy.

    Raises:
        CannotCheck: forward raises, or does not give an array of finite numbers.
    """
    thing = subject.copy(parameters)
    try:
        returned = subject.forward(thing, inputs)[0]
    except (Exception, SystemExit) as error:
        raise CannotCheck(
            f"{subject.forward_name} raises {described(error)} for inputs of shape {np.shape(inputs)}"
        ) from error
    if returned is None:
        raise CannotCheck(f"{subject.forward_name} returns nothing: it should end with `return output`")
    try:
        output = np.array(returned, dtype=float)
    except (TypeError, ValueError) as error:
        raise CannotCheck(f"{subject.forward_name} returns {type(returned).__name__}, expected an array") from error
    if not np.all(np.isfinite(output)):
        raise CannotCheck(f"{subject.forward_name} gives nan or inf for inputs of ordinary size")
    return output


def _own_forward(subject: HandWritten, leaves: Mapping[str, Any]) -> Any:
    thing = subject.copy({role: leaves[f"d_{role}"] for role in subject.places})
    return subject.forward(thing, leaves["d_inputs"])[0]


def _dense(subject: HandWritten, leaves: Mapping[str, Any], activations: Sequence[str], *, transposed: bool) -> Any:
    output = leaves["d_inputs"]
    roles = [role for role in subject.places if role.startswith("weights")]
    for role, activation in zip(roles, activations, strict=True):
        weights = leaves[f"d_{role}"]
        z = output @ (weights.T if transposed else weights) + leaves.get(f"d_{role.replace('weights', 'biases')}", 0.0)
        output = (
            z if activation == "linear" else np.vectorize(lambda v, f=activation: getattr(v, f)(), otypes=[object])(z)
        )
    return output


def declared_activations(subject: HandWritten) -> list[str]:
    """The activations that a layer, or each layer of a network, declares; nothing if one does not."""
    declared = [declared_activation(layer) for layer in sublayers(subject.thing) or [subject.thing]]
    known = [activation for activation in declared if activation]
    return known if len(known) == len(declared) else []


def declared_activation(thing: Any) -> str | None:
    """The operation that a layer names as its activation, by a string or by a function of that name."""
    for name in attributes(thing):
        if name.strip("_").lower() in ("activation", "activation_name", "act", "nonlinearity", "activation_function"):
            value = getattr(thing, name, None)
            word = value if isinstance(value, str) else getattr(value, "__name__", "")
            word = {"identity": "linear", "none": "linear"}.get(word.lower(), word.lower())
            if word == "linear" or (word in OPERATIONS and len(OPERATIONS[word].operand_names) == 1):
                return word
    return None


def along(
    subject: HandWritten, numbers: Mapping[str, Array], role: str, upstream: Array, index: tuple[int, ...]
) -> Callable[[float], float]:
    """Σ d_output·output as a function of one number of one array."""

    def loss(number: float) -> float:
        moved = numbers[role].copy()
        moved[index] = number
        arrays = {**numbers, role: moved}
        parameters = {role[2:]: array for role, array in arrays.items() if role != "d_inputs"}
        thing = subject.copy(parameters)
        return float(np.sum(upstream * np.asarray(subject.forward(thing, arrays["d_inputs"])[0], dtype=float)))

    return loss


LARGEST = 400
"""Where finite differences are all there is, entries of an array beyond this many are not looked at."""


def _differences(
    subject: HandWritten,
    numbers: Arrays,
    output: Array,
    upstream: Array,
    tolerance: float,
    single: bool,
    only: str | None,
) -> Reference:
    gradients: Arrays = {}
    for role, array in numbers.items():
        if only not in (None, role):
            continue
        if array.size > LARGEST:
            raise CannotCheck(
                f"forward does not run on Values, and with {array.size} numbers in {role[2:]} finite differences would "
                f"take too long: check a smaller layer, of up to {LARGEST} weights"
            )
        gradients[role] = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            function = along(subject, numbers, role, upstream, index)
            gradients[role][index] = slope(function, float(array[index]), single)
    return Reference(output, gradients, DIFFERENCES, tolerance)


def slope(function: Callable[[float], float], x: float, single: bool) -> float:
    """The derivative of a function of one number by central differences.

    Args:
        function: of one number.
        x: where.
        single: whether it computes in single precision. Then small steps give nothing but rounding, zeros at the end.
    """
    if not single:
        return numerical_derivative(function, x)[0]
    wide, narrow = [(function(x + step) - function(x - step)) / (2.0 * step) for step in (0.008, 0.004)]
    return (4.0 * narrow - wide) / 3.0


def contradicted(
    subject: HandWritten,
    numbers: Arrays,
    role: str,
    upstream: Array,
    index: tuple[int, ...],
    found: float,
    scale: float,
) -> bool:
    """Whether finite differences contradict one entry too. At a kink they do not, on either side's slope."""
    function, x = along(subject, numbers, role, upstream, index), float(numbers[role][index])
    parameters = {each[2:]: array for each, array in numbers.items() if each != "d_inputs"}
    if _is_single_precision(subject, parameters, numbers["d_inputs"]):
        sides = [(function(x + step) - function(x)) / step for step in (-0.004, 0.004)]
        slack = 5e-3 * scale
        return not min(sides) - slack <= found <= max(sides) + slack
    comparison = compare("", found / scale, lambda x: function(x) / scale, x, 1e-6)
    return not comparison.agrees


def _is_single_precision(subject: HandWritten, parameters: Mapping[str, Array], inputs: Array) -> bool:
    thing = subject.copy(parameters)
    output = np.asarray(subject.forward(thing, inputs)[0])
    return output.dtype in (np.float32, np.float16)
