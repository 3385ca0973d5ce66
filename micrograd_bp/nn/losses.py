"""Losses: how wrong predictions are, as one Value.

Predictions come as a list with one entry for each sample. A sample with several outputs is a list of its own.
Targets are numbers; Values as targets stay in the graph, for a program that is to take them as an input.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from micrograd_bp.engine import Value
from micrograd_bp.engine.numbers.floats import is_real
from micrograd_bp.engine.operations import dot, logsumexp, square, sum_of_squares
from micrograd_bp.engine.operations import sum as sum_of

Prediction = TypeVar("Prediction")
Target = TypeVar("Target")


def mse(predictions: Any, targets: Any, *, reduction: str = "samples") -> Value:
    """The mean squared error.

        ┌──────────────────────────────────────────────────────────────────────────────────┐
        │ The squared errors are summed over a sample's outputs and divided by the number  │
        │ of SAMPLES. PyTorch's MSELoss divides by the number of outputs as well: that     │
        │ is reduction="mean". With one output for each sample both are the same.          │
        └──────────────────────────────────────────────────────────────────────────────────┘

    Args:
        predictions: for each sample a Value, or a list of Values.
        targets: numbers of the same shape.
        reduction: "samples", or "mean" to divide by the number of outputs too.

    Raises:
        ValueError: predictions and targets differ in shape, there are none, or the reduction is unknown.
    """
    if reduction not in ("samples", "mean"):
        raise ValueError(f'unknown reduction {reduction!r}; there are "samples" and "mean"')
    pairs = _pairs(predictions, targets)
    errors = [
        prediction - target
        for outputs, expected in pairs
        for prediction, target in _pairs(_as_list(outputs), _as_list(expected), "outputs")
    ]
    return _divided(_sum_of_squares(errors), len(pairs) if reduction == "samples" else len(errors))


def hinge(scores: Sequence[Value], labels: Sequence[float | Value]) -> Value:
    """The mean over the samples of max(0, 1 - label·score), the margin loss of a support vector machine.

    Args:
        scores: one Value for each sample.
        labels: -1 or 1 for each sample.

    Raises:
        ValueError: scores and labels differ in number, there are none, or a label is neither.
    """
    pairs = _pairs(scores, labels)
    for label in map(_data, labels):
        if label not in (-1, 1):
            raise ValueError(f"hinge takes the labels -1 and 1, got {label!r}")
    return _mean([(1.0 - _factor(label) * score).relu() for score, label in pairs], len(pairs))


def cross_entropy(logits: Any, targets: Any) -> Value:
    """The mean over the samples of -Σ target·log softmax(logits), computed so that nothing overflows.

    Args:
        logits: for each sample a list of Values, one for each class. A list of Values is one sample.
        targets: for each sample the index of its class, or a probability for each class.

    Raises:
        ValueError: logits and targets differ in number, there are none, an index is not a class, or probabilities do
            not sum to 1.
    """
    if len(logits) and isinstance(logits[0], Value):
        return _cross_entropy_of_sample(logits, targets)
    pairs = _pairs(logits, targets)
    return _mean([_cross_entropy_of_sample(each, target) for each, target in pairs], len(pairs))


def _cross_entropy_of_sample(logits: Sequence[Value], target: Any) -> Value:
    if is_real(target):
        if target not in range(len(logits)):
            raise ValueError(f"a class is a whole number from 0 to {len(logits) - 1}, got {target!r}")
        return logsumexp(logits) - logits[int(target)]
    probabilities = [t for _, t in _pairs(logits, target, "classes")]
    numbers = [_data(t) for t in probabilities]
    if min(numbers) < 0.0 or abs(sum(numbers) - 1.0) > 1e-5:
        raise ValueError(f"the probabilities of the classes are from 0 up and sum to 1, got {numbers}")
    return logsumexp(logits) - dot(logits, [_factor(t) for t in probabilities])


def binary_cross_entropy(logits: Sequence[Value], targets: Sequence[float | Value]) -> Value:
    """The mean over the samples of -t·log σ(z) - (1 - t)·log(1 - σ(z)).

    It is computed as softplus(z) - t·z, which is the same and does not overflow.

    Args:
        logits: one Value for each sample, before the sigmoid.
        targets: for each sample the probability of class 1, from 0 to 1.

    Raises:
        ValueError: logits and targets differ in number, there are none, or a target is not a probability.
    """
    pairs = _pairs(logits, targets)
    for target in map(_data, targets):
        if not 0 <= target <= 1:
            raise ValueError(f"binary_cross_entropy takes targets from 0 to 1, got {target!r}")
    return _mean([z.softplus() - _factor(t) * z for z, t in pairs], len(pairs))


def l2(parameters: Any) -> Value:
    """The sum of the squares of parameters, a penalty to be added to a loss with a small factor.

    Args:
        parameters: Values, or a model that has `parameters()`.
    """
    return _sum_of_squares(list(parameters.parameters() if hasattr(parameters, "parameters") else parameters))


def _sum_of_squares(values: Sequence[Value]) -> Value:
    """One node; a single square is just that."""
    return square(values[0]) if len(values) == 1 else sum_of_squares(values)


def _mean(terms: Sequence[Value], count: int) -> Value:
    """The sum of terms divided by a count; a single one is neither summed up nor divided by 1."""
    return _divided(terms[0] if len(terms) == 1 else sum_of(terms), count)


def _divided(total: Value, count: int) -> Value:
    return total if count == 1 else total / count


def _data(target: Value | float) -> float:
    return target.data if isinstance(target, Value) else float(target)


def _factor(target: Value | float) -> Value | float:
    """A target as it stands in the graph: a Value stays, so that it can be an input of a compiled program."""
    return target if isinstance(target, Value) else float(target)


def _as_list(outputs: Any) -> Any:
    return [outputs] if isinstance(outputs, Value) or is_real(outputs) else outputs


def _pairs(
    predictions: Sequence[Prediction], targets: Sequence[Target], what: str = "samples"
) -> list[tuple[Prediction, Target]]:
    """Predictions beside their targets, as many of the one as of the other."""
    for name, given in (("predictions", predictions), ("targets", targets)):
        if not hasattr(given, "__len__"):
            raise TypeError(f"the {name} of several {what} are a list, got {type(given).__name__}")
    if len(predictions) != len(targets):
        raise ValueError(f"predictions of {len(predictions)} {what} and targets of {len(targets)}")
    if not len(predictions):
        raise ValueError(f"a loss needs at least one of its {what}")
    return list(zip(predictions, targets, strict=True))
