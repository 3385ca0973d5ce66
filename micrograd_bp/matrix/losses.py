"""Losses: how wrong a prediction is, as one number, and the gradient that starts the way back.

Each loss comes as two functions of (prediction, target): the number, and its derivative with
respect to the prediction, which has the prediction's shape. Rows are samples. Both divide by the
number of samples N, which keeps the scale of the gradients independent of the batch size.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from micrograd_bp.matrix.activations import Array
from micrograd_bp.matrix.checked import checked_array

Loss = Callable[[ArrayLike, ArrayLike], float]
LossGradient = Callable[[ArrayLike, ArrayLike], Array]


def mse(prediction: ArrayLike, target: ArrayLike) -> float:
    """The mean squared error of a prediction (N, outputs) against a target of the same shape.

    ┌──────────────────────────────────────────────────────────────────────────────────────┐
    │ Convention:  the sum of all squared errors / N,  N = the number of samples (rows).   │
    │ Others divide by N times the number of outputs (PyTorch's MSELoss, scikit-learn) or  │
    │ by 2N. With one output, the first of these is the same as here.                      │
    └──────────────────────────────────────────────────────────────────────────────────────┘

    Raises ValueError for shapes that are not equal or not (N, outputs), for nan and inf.
    """
    prediction, target = _prediction_and_target(prediction, target)
    return float(np.sum((prediction - target) ** 2) / len(prediction))


def mse_gradient(prediction: ArrayLike, target: ArrayLike) -> Array:
    """dL/d(prediction) of `mse`, (N, outputs).

    ┌──────────────────────────────────────────────────────────────────────────────────────┐
    │ Convention:  2 (prediction - target) / N,  N = the number of samples (rows).         │
    └──────────────────────────────────────────────────────────────────────────────────────┘

    It tells in which direction the prediction should change: where the gradient is negative, the
    prediction is too low. Raises what `mse` raises.
    """
    prediction, target = _prediction_and_target(prediction, target)
    return 2.0 * (prediction - target) / len(prediction)


def softmax_cross_entropy(logits: ArrayLike, target: ArrayLike) -> float:
    """How far softmax(logits) is from the target, for logits (N, classes).

    The target is either the right class of each sample, integers of shape (N,), counted from 0, or
    probabilities of shape (N, classes).

    ┌──────────────────────────────────────────────────────────────────────────────────────┐
    │ Convention:  - the sum of target * log(softmax(logits)) / N,  with the natural       │
    │ logarithm, N = the number of samples (rows). The network's last layer is "linear",   │
    │ since the softmax is part of the loss. PyTorch's CrossEntropyLoss is the same.       │
    └──────────────────────────────────────────────────────────────────────────────────────┘

    Raises ValueError for shapes that do not fit, nan and inf, a class that does not exist, rows
    that are not probabilities; TypeError for class indices that are not integers.
    """
    logits, target = _logits_and_probabilities(logits, target)
    return float(-np.sum(target * _log_softmax(logits)) / len(logits))


def softmax_cross_entropy_gradient(logits: ArrayLike, target: ArrayLike) -> Array:
    """dL/d(logits) of `softmax_cross_entropy`, (N, classes).

    ┌──────────────────────────────────────────────────────────────────────────────────────┐
    │ Convention:  (softmax(logits) - target) / N,  N = the number of samples (rows).      │
    └──────────────────────────────────────────────────────────────────────────────────────┘

    So short because the derivatives of logarithm and softmax cancel (Bishop, Pattern Recognition
    and Machine Learning, 2006, eq. 4.109), given that the target's rows sum to 1. Raises what
    `softmax_cross_entropy` raises.
    """
    logits, target = _logits_and_probabilities(logits, target)
    return (np.exp(_log_softmax(logits)) - target) / len(logits)


def _log_softmax(logits: Array) -> Array:
    """log(exp(logits) / the row sums of exp(logits)), (N, classes)."""
    # Shifting a row does not change its softmax; with a largest logit of 0 exp cannot overflow.
    shifted: Array = logits - logits.max(axis=1, keepdims=True)
    log_row_sums: Array = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return shifted - log_row_sums


def _prediction_and_target(prediction: ArrayLike, target: ArrayLike) -> tuple[Array, Array]:
    prediction = checked_array(prediction, "prediction", ("N", "outputs"), "rows are samples")
    target = checked_array(target, "target", prediction.shape, "it has the prediction's shape")
    return prediction, target


def _logits_and_probabilities(logits: ArrayLike, target: ArrayLike) -> tuple[Array, Array]:
    """Both as (N, classes): class indices become rows with a 1 in the right column."""
    logits = checked_array(logits, "logits", ("N", "classes"), "rows are samples")
    n_samples, n_classes = logits.shape
    target = np.asarray(target)
    if target.ndim != 1:
        hint = "pass probabilities of that shape, or the class of each sample as integers (N,)"
        target = checked_array(target, "target", logits.shape, hint)
        if np.any(target < 0) or np.any(np.abs(target.sum(axis=1) - 1.0) > 1e-5):
            raise ValueError("target: expected probabilities, each row summing to 1; normalize it")
        return logits, target
    if not np.issubdtype(target.dtype, np.integer):
        raise TypeError(
            f"target: class indices of dtype {target.dtype}, expected integers; "
            "convert them, or pass probabilities of shape (N, classes)"
        )
    if len(target) != n_samples:
        raise ValueError(f"target: {len(target)} class indices, expected {n_samples}, one a sample")
    if target.min() < 0 or target.max() >= n_classes:
        raise ValueError(
            f"target: class indices from {target.min()} to {target.max()}, "
            f"expected 0 to {n_classes - 1}, since the logits have {n_classes} columns"
        )
    probabilities = np.zeros_like(logits)
    probabilities[np.arange(n_samples), target] = 1.0
    return logits, probabilities


# `train` looks its pair up here, by name.
LOSSES: dict[str, tuple[Loss, LossGradient]] = {
    "mse": (mse, mse_gradient),
    "softmax_cross_entropy": (softmax_cross_entropy, softmax_cross_entropy_gradient),
}
