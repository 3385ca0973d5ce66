"""The weights of networks as other libraries hand them out: what is which, and which way round.

None of these libraries is imported: an object is known by what it has.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from micrograd_bp.nn.arguments import look_up

ORDERS = {"in, out": False, "out, in": True}
"""Whether a matrix of weights has a row for each output."""

OF_SCIKIT_LEARN = {
    **{"identity": "linear", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu", "exp": "exp"},
    "softmax": "linear",
}
"""Its activations in our words; what goes into a softmax is linear."""


class LayerArrays(NamedTuple):
    """A layer: `weights` in rows, one for each input, and `biases`; as lists of floats."""

    weights: list[list[float]]
    biases: list[float]


class ReadLayers(NamedTuple):
    """The layers of a network, and the activations, as far as its source says them."""

    layers: list[LayerArrays]
    activation: str | None = None
    output_activation: str | None = None


class _Pair(NamedTuple):
    """Arrays of a layer as they came, and what messages call them."""

    weights: Any
    biases: Any
    name: str


def read_layers(source: Any, weights: str | None) -> ReadLayers:
    """The layers of what `MLP.from_arrays` was given.

    Raises:
        TypeError: nothing that arrays can be taken from.
        ValueError: they do not fit.
    """
    asked = None if weights is None else look_up("order of weights", weights, ORDERS)
    if hasattr(source, "coefs_") and hasattr(source, "intercepts_"):
        pairs = _pairs(source.coefs_, source.intercepts_)
        known = [look_up("activation of the model", name, OF_SCIKIT_LEARN) for name in _activations(source)]
        return ReadLayers(_right_way_round(pairs, _agreed(asked, False, "scikit-learn's")), *known)
    if hasattr(source, "fit") and hasattr(source, "hidden_layer_sizes"):
        raise ValueError(f"this {type(source).__name__} has no weights yet: call its fit first")
    if isinstance(source, Mapping):
        return ReadLayers(_right_way_round(_of_state(source), _agreed(asked, True, "PyTorch's")))
    if isinstance(source, (str, bytes)) or not isinstance(source, Sequence):
        raise TypeError(
            f"from_arrays takes a list of pairs (W, b), a list W, b, W, b, …, a state_dict, or a fitted model of "
            f"scikit-learn, got {type(source).__name__}"
        )
    pairs = _of_list(source)
    return ReadLayers(_right_way_round(pairs, _order_by_shapes(pairs) if asked is None else asked))


def _activations(model: Any) -> tuple[str, str]:
    return model.activation, model.out_activation_


def _agreed(asked: bool | None, known: bool, whose: str) -> bool:
    if asked not in (None, known):
        order = next(text for text, is_transposed in ORDERS.items() if is_transposed is known)
        raise ValueError(f'{whose} weights are "{order}": leave weights= out')
    return known


# ---- where the arrays are


def _pairs(weights: Sequence[Any], biases: Sequence[Any]) -> list[_Pair]:
    return [_pair(w, b, f"layer {i}") for i, (w, b) in enumerate(zip(weights, biases, strict=True))]


def _of_list(source: Sequence[Any]) -> list[_Pair]:
    """Pairs, or weights and biases in turn."""
    if not source:
        raise ValueError("from_arrays needs at least one layer: [(W, b)]")
    if all(isinstance(each, (tuple, list)) and len(each) == 2 and _has_axes(each[0]) for each in source):
        return [_pair(w, b, f"layer {i}") for i, (w, b) in enumerate(source)]
    if len(source) % 2:
        raise ValueError(f"a list W, b, W, b, … has weights and biases in turn, got {len(source)} arrays")
    return _pairs(source[::2], source[1::2])


def _has_axes(x: Any) -> bool:
    """Whether it is an array or a list; in a pair (W, b) the first is, in a list of biases it is a number."""
    return bool(getattr(x, "shape", ())) or isinstance(x, (list, tuple))


def _of_state(state: Mapping[str, Any]) -> list[_Pair]:
    """The layers of a `state_dict`: "0.weight" and "0.bias" belong together.

    A `Sequential` numbers its parts. Files may have sorted the names, in which 10 comes before 2.
    """
    pairs = []
    names = [str(name).rpartition(".")[0].rpartition(".") for name in state]
    if all(last.isdecimal() for _, _, last in names) and len({stem for stem, _, _ in names}) == 1:
        state = dict(sorted(state.items(), key=lambda item: int(item[0].split(".")[-2])))
    for name, array in state.items():
        prefix, _, kind = str(name).rpartition(".")
        if kind == "weight":
            bias = f"{prefix}.bias" if prefix else "bias"
            if bias not in state:
                raise ValueError(f"{name} comes without {bias}: add zeros under that name if the layer has none")
            pairs.append(_pair(array, state[bias], name))
        elif kind != "bias":
            raise ValueError(
                f"from_arrays takes dense layers alone, of which a state_dict has the names weight and bias; "
                f"{str(name)!r:.80} is something else"
            )
    if not pairs:
        raise ValueError('this state_dict has no layer, such as "0.weight" and "0.bias"')
    return pairs


def _pair(weights: Any, biases: Any, name: str) -> _Pair:
    return _Pair(_numbers(weights, 2, f"the weights of {name}"), _numbers(biases, 1, f"the biases of {name}"), name)


def _numbers(array: Any, n_axes: int, what: str) -> Any:
    """A NumPy array of finite floats.

    Raises:
        ValueError: it holds something else, or has another number of axes.
    """
    import numpy

    for step in ("detach", "cpu", "double"):  # a tensor that has a gradient, or is elsewhere
        array = getattr(array, step)() if hasattr(array, step) else array
    try:
        numbers = numpy.asarray(array)
        if numbers.dtype.kind not in "fiub" and not numbers.dtype.name.startswith("bfloat"):
            raise TypeError(f"got {numbers.dtype}")
        numbers = numbers.astype(float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} are to be an array of numbers: {error}") from None
    if numbers.ndim != n_axes or not numbers.size:
        axes = "two axes" if n_axes == 2 else "one axis"
        raise ValueError(f"{what} are to have {axes}, got the shape {numbers.shape}")
    if not numpy.isfinite(numbers).all():
        place = tuple(map(int, numpy.argwhere(~numpy.isfinite(numbers))[0]))
        raise ValueError(f"{what} are to be finite, and are {numbers[place]} at {place}")
    return numbers


# ---- which way round


def _order_by_shapes(pairs: Sequence[_Pair]) -> bool:
    """Whether the weights are "out, in", from the shapes.

    Raises:
        ValueError: they do not tell, or fit in no order.
    """
    fitting = [is_transposed for is_transposed in ORDERS.values() if _misfit(pairs, is_transposed) is None]
    if len(fitting) == 2:
        raise ValueError(
            "these shapes do not tell inputs from outputs: say "
            'weights="in, out" if x @ W + b is a layer, as in Keras, or weights="out, in" for W @ x + b, as in PyTorch'
        )
    if not fitting:
        raise ValueError(_misfit(pairs, False))
    return fitting[0]


def _misfit(pairs: Sequence[_Pair], is_transposed: bool) -> str | None:
    """What does not fit in this order, in words; None if everything does."""
    sizes = [pair.weights.shape[::-1] if is_transposed else pair.weights.shape for pair in pairs]
    for pair, (_, n_outputs) in zip(pairs, sizes, strict=True):
        if len(pair.biases) != n_outputs:
            return f"{pair.name} has weights {pair.weights.shape} and {len(pair.biases)} biases, which do not fit"
    for (one, (_, n_outputs)), (other, (n_inputs, _)) in pairwise(zip(pairs, sizes, strict=True)):
        if n_outputs != n_inputs:
            return f"{one.name} has {n_outputs} outputs and {other.name} {n_inputs} inputs"
    return None


def _right_way_round(pairs: Sequence[_Pair], is_transposed: bool) -> list[LayerArrays]:
    problem = _misfit(pairs, is_transposed)
    if problem is not None:
        raise ValueError(problem)
    matrices = [pair.weights.T if is_transposed else pair.weights for pair in pairs]
    return [LayerArrays(w.tolist(), pair.biases.tolist()) for w, pair in zip(matrices, pairs, strict=True)]
