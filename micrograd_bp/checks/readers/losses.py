"""Losses of a network whose file has none: the usual ones, tried in turn, and said in the report."""

import sys
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import numpy as np

from micrograd_bp.checks.naming import LOSS_METHODS, TARGETS, letters
from micrograd_bp.checks.readers.subject import required
from micrograd_bp.checks.world import CannotCheck, World

Loss = Callable[[Any, Any], Any]


def _difference(prediction: Any, target: Any) -> Any:
    if np.shape(prediction) != np.shape(target):  # one column would go with all columns
        raise ValueError(f"the prediction has the shape {np.shape(prediction)}, and the target {np.shape(target)}")
    return prediction - target


def _squares(prediction: Any, target: Any) -> Any:
    return (_difference(prediction, target) ** 2).sum()


def _cross_entropy(prediction: Any, target: Any) -> Any:
    return -(target * np.log(prediction)).sum()


def _binary(prediction: Any, target: Any) -> Any:
    return -(target * np.log(prediction) + (1.0 - target) * np.log(1.0 - prediction)).sum()


def _labels(prediction: Any, target: Any) -> Any:
    return -np.log(prediction[np.arange(len(target)), target]).sum()


def _of_scores(prediction: Any, target: Any) -> Any:
    e = np.exp(prediction)
    return _cross_entropy(e / e.sum(axis=-1, keepdims=True), target)


def _divided(loss: Loss, axis: int | None) -> Loss:
    def divided(prediction: Any, target: Any) -> Any:
        count = prediction.size if axis is None else prediction.shape[axis]
        return loss(prediction, target) / count

    return divided


USUAL: dict[str, Loss] = {
    "mse, the squared errors summed over the outputs, divided by the number of samples": _divided(_squares, 0),
    "half the squared errors, summed": lambda p, t: _squares(p, t) / 2.0,
    "half the squared errors, divided by the number of samples": lambda p, t: _divided(_squares, 0)(p, t) / 2.0,
    "half the squared errors, divided by the number of columns": lambda p, t: _divided(_squares, -1)(p, t) / 2.0,
    "the mean of the squared errors": _divided(_squares, None),
    "the squared errors, summed": _squares,
    "half the mean of the squared errors": lambda p, t: _divided(_squares, None)(p, t) / 2.0,
    "cross-entropy, divided by the number of samples": _divided(_cross_entropy, 0),
    "cross-entropy, summed": _cross_entropy,
    "cross-entropy, divided by the number of columns": _divided(_cross_entropy, -1),
    "binary cross-entropy, divided by the number of samples": _divided(_binary, 0),
    "binary cross-entropy, divided by the number of columns": _divided(_binary, -1),
    "binary cross-entropy, summed": _binary,
    "cross-entropy of labels, divided by the number of samples": _divided(_labels, 0),
    "cross-entropy of labels, summed": _labels,
    "softmax and cross-entropy, divided by the number of samples": _divided(_of_scores, 0),
    "softmax and cross-entropy, summed": _of_scores,
}
"""By what the report calls them."""
NAMED = {
    "mse": USUAL["mse, the squared errors summed over the outputs, divided by the number of samples"],
    "softmax_cross_entropy": USUAL["softmax and cross-entropy, divided by the number of samples"],
}
"""Those of `matrix`, by their names there."""


def mean(output: Any) -> Any:
    """The mean over the samples, where there are several."""
    return output.mean() if hasattr(output, "mean") else output


def total(output: Any) -> Any:
    """The sum over the samples, where there are several."""
    return output.sum() if hasattr(output, "sum") else output


def named_loss(loss: Any) -> Any:
    """A loss of `matrix` by its name, as a function; anything else is a loss already.

    Raises:
        CannotCheck: there is no loss of this name.
    """
    if not isinstance(loss, str):
        return loss
    if loss not in NAMED:
        raise CannotCheck(f"there is no loss {loss!r}; there are {', '.join(NAMED)}, or hand over a function")
    return NAMED[loss]


def losses(kind: Any, own: str, given: Any) -> Iterator[tuple[str, Callable[[World, Any, Any], Any]]]:
    """The losses that a network may be written for: what was given, its own, one of its file, or the usual ones."""
    if given is not None:
        function = given.forward if hasattr(given, "forward") else given
        yield getattr(given, "__name__", type(given).__name__), lambda world, p, t: function(p, t)
        return
    if own:

        def of_own(world: World, p: Any, t: Any) -> Any:
            function = getattr(world.thing, own)
            names = list(required(function))
            if len(names) == 1:
                return function(t)
            first, second = (t, p) if letters(names[0]) in TARGETS else (p, t)
            if letters(names[0]) in {"x", "inputs", "data"} and len(names) == 2:
                first = next(iter(world.arguments.values()))
            if len(names) == 3:
                return function(next(iter(world.arguments.values())), first, second)
            return function(first, second)

        yield f"its own {own}", of_own
        return
    module = getattr(sys.modules.get(kind.__module__), "__dict__", {})
    for name in LOSS_METHODS:
        function = module.get(name)
        if isinstance(function, FunctionType) and len(required(function)) == 2:
            names = list(required(function))
            swap = letters(names[0]) in TARGETS and letters(names[1]) not in TARGETS
            yield name, _ignoring_world(function, swap=swap)
            return
    for words, usual in USUAL.items():
        yield words, _ignoring_world(usual)


def _ignoring_world(loss: Loss, *, swap: bool = False) -> Callable[[World, Any, Any], Any]:
    return lambda world, prediction, target: loss(target, prediction) if swap else loss(prediction, target)
