"""What `compile` and its programs are given, checked at the door."""

import keyword
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.compiler.arrays import language
from micrograd_bp.compiler.find.graph import Graph, members
from micrograd_bp.engine import Value, topological_order
from micrograd_bp.engine.operation import HandMade

Array = NDArray[Any]

TAKEN = {"parameters", "with_respect_to", "__debug__"}
"""What a call of a program means something else by, or Python."""


def checked_graph(
    loss: Value, inputs: Mapping[str, Any], parameters: Iterable[Any], outputs: Mapping[str, Any]
) -> Graph:
    """A graph, with what is wanted of it in lists of Values.

    Raises:
        TypeError: something that is not a Value.
        ValueError: a leaf that is none, or is listed twice; a name that cannot be an argument's; a node without a rule.
    """
    if not isinstance(loss, Value):
        raise TypeError(f"compile takes a Value as the loss, got {type(loss).__name__}: {loss!r:.80}")
    inputs = {name: _values(f"input {name}", group) for name, group in _named("inputs", inputs).items()}
    outputs = {name: _values(f"output {name}", group) for name, group in _named("outputs", outputs).items()}
    parameters = _values("parameters", parameters)
    listed_in: dict[Value, str] = {}
    for title, group in {"parameters": parameters, **{f"input {name}": inputs[name] for name in inputs}}.items():
        for position, leaf in enumerate(group):
            if leaf.operands:
                symbol = leaf.operation.symbol if leaf.operation is not None else "an operation"
                raise ValueError(
                    f"{title}[{position}] is the result of {symbol}, not a leaf: "
                    f"name the values that it was computed from"
                )
            if leaf in listed_in:
                raise ValueError(f"{title}[{position}] {leaf!r} is listed already, in the {listed_in[leaf]}")
            listed_in[leaf] = title
    for name in inputs:
        is_plain = name.isidentifier() and name == unicodedata.normalize("NFKC", name)  # as Python reads it
        if not is_plain or keyword.iskeyword(name) or name in TAKEN:
            raise ValueError(f"an input is an argument of the program, and cannot be called {name!r}")
    order = topological_order(loss, *members(outputs))
    for node in order:
        if isinstance(node.operation, HandMade):
            raise ValueError(f"{node!r} was made by hand, and has no rule that could be compiled")
    return Graph(loss, inputs, parameters, outputs, order)


def _named(what: str, groups: Any) -> Mapping[str, Any]:
    if not isinstance(groups, Mapping) or not all(isinstance(name, str) for name in groups):
        raise TypeError(f'the {what} are groups of Values by name, such as {{"X": x}}, got {groups!r:.80}')
    return groups


def _values(what: str, group: Any) -> list[Value]:
    if isinstance(group, Value):
        return [group]
    if isinstance(group, (str, Mapping)) or not isinstance(group, Iterable):
        raise TypeError(f"the {what}: expected a list of Values, got {type(group).__name__}: {group!r:.80}")
    values = list(group)
    for position, value in enumerate(values):
        if not isinstance(value, Value):
            raise TypeError(f"the {what}: expected Values, got {type(value).__name__} at [{position}]: {value!r:.80}")
    if not values and what != "parameters":
        raise ValueError(f"the {what} has no members")
    return values


def checked_inputs(
    sizes: Mapping[str, int],
    positional: Sequence[Any],
    named: Mapping[str, Any],
    array: Callable[[str, Any, int], Any],
) -> list[Any]:
    """The inputs of a call as arrays (samples, members).

    Args:
        sizes: how many members each input has.
        positional: the inputs in that order, as far as they are not in `named`.
        named: inputs by name.
        array: makes an array of an input, from its name, numbers, and its size.

    Raises:
        TypeError: missing or unknown inputs, or something else than real numbers.
        ValueError: a wrong shape, no samples, different numbers of samples, or a class that there is not.
    """
    signature = ", ".join(sizes) or "none"
    if len(positional) > len(sizes):
        raise TypeError(f"this program takes {len(sizes)} inputs ({signature}), got {len(positional)}")
    arguments = dict(zip(sizes, positional, strict=False))
    for name, numbers in named.items():
        if name not in sizes:
            raise TypeError(f"this program has no input {name!r}; its inputs are: {signature}")
        if name in arguments:
            raise TypeError(f"the input {name} is given twice")
        arguments[name] = numbers
    missing = [name for name in sizes if name not in arguments]
    if missing:
        raise TypeError(f"the input {missing[0]} is missing; this program takes: {signature}")
    arrays = {name: array(name, arguments[name], size) for name, size in sizes.items()}
    for name, size in sizes.items():
        shape = tuple(arrays[name].shape)
        if len(shape) == 1 and size == 1:
            arrays[name] = arrays[name][:, None]
        elif len(shape) != 2 or shape[1] != size:
            labels = ": encode labels one-hot" if len(shape) == 1 else ""
            raise ValueError(f"the input {name} needs the shape (samples, {size}), got {shape}{labels}")
    samples = {name: numbers.shape[0] for name, numbers in arrays.items()}
    if len(set(samples.values())) > 1:
        listed = ", ".join(f"{name} {number}" for name, number in samples.items())
        raise ValueError(f"the inputs have different numbers of samples: {listed}")
    if 0 in samples.values():
        raise ValueError("a batch needs at least one sample")
    return list(arrays.values())


def of_dtype(dtype: str) -> Callable[[str, Any, int], Array]:
    """What makes NumPy's arrays of a type of inputs; of whole numbers, rows with a 1 at the class."""

    def array(name: str, argument: Any, size: int) -> Array:
        numbers = real(f"the input {name}", argument)
        is_labels = numbers.ndim == 1 and numbers.dtype.kind in "iu" and size > 1
        return _one_hot(name, numbers, size, dtype) if is_labels else numbers.astype(dtype, copy=False)

    return array


def _one_hot(name: str, labels: Array, classes: int, dtype: str) -> Array:
    """A row for each label, with 1 at its class."""
    if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(f"the labels in {name} are from 0 to {classes - 1}, got {labels.min()} to {labels.max()}")
    rows = np.zeros((len(labels), classes), dtype)
    rows[np.arange(len(labels)), labels] = 1.0
    return rows


def checked_parameters(array: Any, count: int) -> Any:
    """The parameters, if they are a flat array of so many.

    Raises:
        ValueError: they are not.
    """
    if tuple(array.shape) != (count,):
        raise ValueError(f"the parameters are a flat array of {count} numbers, got the shape {tuple(array.shape)}")
    return array


def checked_parameter_arrays(
    parameters: Any, arrays: Mapping[language.Array, Any], array: Callable[[Any], Any]
) -> dict[str, Any]:
    """The parameters by the names of their arrays, in the order of these, as `array` makes arrays of them.

    Raises:
        ValueError: an array is missing, unknown, or of another shape.
    """
    shapes = {each.name: each.shape for each in arrays}
    listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
    if not isinstance(parameters, Mapping) or set(parameters) != set(shapes):
        got = ", ".join(map(str, parameters)) if isinstance(parameters, Mapping) else type(parameters).__name__
        raise ValueError(f"the parameters are a mapping of the arrays {listed}; got {got or 'an empty one'}")
    numbers = {name: array(parameters[name]) for name in shapes}
    for name, shape in shapes.items():
        if tuple(numbers[name].shape) != shape:
            raise ValueError(f"the parameters {name} need the shape {shape}, got {tuple(numbers[name].shape)}")
    return numbers


def checked_dtype(dtype: Any) -> str:
    """The name of a number type that programs compute with.

    Raises:
        ValueError: it is neither float64 nor float32.
    """
    for name in ("float64", "float32"):
        if dtype == name or dtype is getattr(np, name) or (isinstance(dtype, np.dtype) and dtype == np.dtype(name)):
            return name
    raise ValueError(f'dtype is "float64" or "float32", got {dtype!r}')


def real(what: str, numbers: Any) -> Array:
    """Real numbers as an array.

    Raises:
        TypeError: something else.
        ValueError: rows of different lengths.
    """
    try:
        array = np.asarray(numbers)
    except ValueError:
        raise ValueError(f"{what}: the rows have different lengths") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{what}: expected real numbers, got {array.dtype} ({type(numbers).__name__})")
    return array


def entry(text: str) -> str:
    """What somebody calls an entry of a program, as `Place.entry` has it: an array, and an index.

    Raises:
        ValueError: it is not written so.
    """
    words = re.fullmatch(r"\s*(\w+)\s*(?:\[\s*([\d\s,]*)\])?\s*", text)
    if words is None:
        raise ValueError(f'an entry is written as "W0[3, 5]", got {text!r}')
    name, index = words.groups(default="")
    numbers = ", ".join([str(int(number)) for number in re.findall(r"\d+", index)])
    return f"{name}[{numbers}]" if numbers else name
