"""Losses against closed forms, finite differences, extreme logits and bad input."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from micrograd_bp import Value, binary_cross_entropy, cross_entropy, gradcheck, hinge, l2, mse

RNG = np.random.default_rng(0)
Numbers = np.ndarray[Any, Any]


def values(numbers: Numbers) -> Any:
    """The same shape made of Values."""
    return [values(each) for each in numbers] if numbers.ndim else Value(float(numbers))


def gradient(nested: Any) -> Numbers:
    """The gradients of what `values` made."""
    return np.array([each.grad if isinstance(each, Value) else gradient(each) for each in nested])


def check(
    loss: Callable[[Any], Value], numbers: Numbers, expected: float, expected_gradient: Numbers, *, scale: float = 1.0
) -> None:
    """The loss of `numbers` and its gradient are the closed forms, and finite differences agree."""
    predictions = values(numbers)
    output = loss(predictions)
    assert output.data == pytest.approx(expected, rel=1e-13)
    output.backward()
    np.testing.assert_allclose(gradient(predictions), expected_gradient, rtol=1e-12, atol=1e-14)
    flat = list(np.ravel(np.array(predictions, dtype=object)))
    gradcheck(lambda *_: loss(predictions), flat)


# ---- mse


def test_mse_sums_over_outputs_and_divides_by_samples() -> None:
    p, t = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 3))
    check(lambda v: mse(v, t.tolist()), p, ((p - t) ** 2).sum() / 5, 2 * (p - t) / 5)


def test_mse_with_reduction_mean_divides_by_outputs_too() -> None:
    p, t = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 3))
    check(lambda v: mse(v, t, reduction="mean"), p, float(np.mean((p - t) ** 2)), 2 * (p - t) / 15)


@pytest.mark.parametrize("reduction", ["samples", "mean"])
def test_mse_of_one_output_is_the_same_in_every_form(reduction: str) -> None:
    p, t = RNG.normal(size=4), RNG.normal(size=4)
    expected, slopes = float(np.mean((p - t) ** 2)), 2 * (p - t) / 4
    check(lambda v: mse(v, t.tolist(), reduction=reduction), p, expected, slopes)
    check(lambda v: mse([[each] for each in v], t.tolist(), reduction=reduction), p, expected, slopes)
    check(lambda v: mse(v, [[each] for each in t], reduction=reduction), p, expected, slopes)


def test_mse_by_hand() -> None:
    predictions = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
    targets = [[0.0, 0.0], [1.0, 1.0]]
    assert mse(predictions, targets).data == (1 + 4 + 4 + 9) / 2
    assert mse(predictions, targets, reduction="mean").data == (1 + 4 + 4 + 9) / 4


# ---- hinge


def test_hinge() -> None:
    scores, labels = np.array([2.0, 0.5, -0.25, -3.0, 0.0]), np.array([1, 1, -1, -1, 1])
    margins = 1 - labels * scores
    check(
        lambda v: hinge(v, labels.tolist()),
        scores,
        np.maximum(0, margins).mean(),
        np.where(margins > 0, -labels / 5, 0),
    )
    assert hinge(values(scores), labels).data == np.maximum(0, margins).mean()  # type: ignore[arg-type]


# ---- cross-entropy


def softmax(logits: Numbers) -> Numbers:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def test_cross_entropy_of_class_indices() -> None:
    logits, classes = RNG.normal(size=(4, 3)), [2, 0, 1, 1]
    expected = -np.log(softmax(logits))[range(4), classes].mean()
    check(lambda v: cross_entropy(v, classes), logits, expected, (softmax(logits) - np.eye(3)[classes]) / 4)


def test_cross_entropy_of_probabilities() -> None:
    logits, targets = RNG.normal(size=(4, 3)), RNG.dirichlet([1, 1, 1], size=4)
    expected = -(targets * np.log(softmax(logits))).sum(axis=1).mean()
    check(lambda v: cross_entropy(v, targets), logits, expected, (softmax(logits) - targets) / 4)
    check(lambda v: cross_entropy(v, targets.tolist()), logits, expected, (softmax(logits) - targets) / 4)


@pytest.mark.parametrize("target", [1, 1.0, np.int64(1), True, [0.0, 1.0, 0.0], np.array([0.0, 1.0, 0.0])], ids=repr)
def test_cross_entropy_of_one_sample(target: Any) -> None:
    logits = RNG.normal(size=3)
    check(
        lambda v: cross_entropy(v, target), logits, -math.log(softmax(logits)[1]), softmax(logits) - np.array([0, 1, 0])
    )


def test_a_class_index_is_the_probability_one_of_it() -> None:
    logits = values(RNG.normal(size=(3, 4)))
    assert cross_entropy(logits, [3, 0, 2]).data == pytest.approx(cross_entropy(logits, np.eye(4)[[3, 0, 2]]).data)


# ---- binary cross-entropy


def test_binary_cross_entropy() -> None:
    z, t = RNG.normal(size=6) * 3, np.array([0.0, 1.0, 0.25, 0.5, 1.0, 0.0])
    p = 1 / (1 + np.exp(-z))
    expected = -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean()
    check(lambda v: binary_cross_entropy(v, t.tolist()), z, expected, (p - t) / 6)


def test_binary_cross_entropy_is_cross_entropy_of_two_classes() -> None:
    z = 0.7
    two = cross_entropy([Value(0.0), Value(z)], [0.25, 0.75]).data
    assert binary_cross_entropy([Value(z)], [0.75]).data == pytest.approx(two, rel=1e-14)


# ---- l2


def test_l2() -> None:
    p = RNG.normal(size=7)
    check(l2, p, float((p**2).sum()), 2 * p)


# ---- extreme logits


@pytest.mark.parametrize("target", [0, [1.0, 0.0]])
@pytest.mark.parametrize(
    ("logits", "expected", "slopes"),
    [
        ([1000.0, -1000.0], 0.0, [0.0, 0.0]),
        ([-1000.0, 1000.0], 2000.0, [-1.0, 1.0]),
        ([1000.0, 1000.0], math.log(2.0), [-0.5, 0.5]),
        ([-1000.0, -1000.0], math.log(2.0), [-0.5, 0.5]),
    ],
)
def test_cross_entropy_does_not_overflow(
    target: Any, logits: list[float], expected: float, slopes: list[float]
) -> None:
    z = [Value(each) for each in logits]
    loss = cross_entropy(z, target)
    loss.backward()
    assert loss.data == pytest.approx(expected, rel=1e-12)
    assert [each.grad for each in z] == pytest.approx(slopes, abs=1e-12)


@pytest.mark.parametrize(
    ("logit", "target", "expected", "slope"),
    [(1000.0, 1, 0.0, 0.0), (1000.0, 0, 1000.0, 1.0), (-1000.0, 0, 0.0, 0.0), (-1000.0, 1, 1000.0, -1.0)],
)
def test_binary_cross_entropy_does_not_overflow(logit: float, target: int, expected: float, slope: float) -> None:
    z = Value(logit)
    loss = binary_cross_entropy([z], [target])
    loss.backward()
    assert (loss.data, z.grad) == (expected, slope)


# ---- bad input

Loss = Callable[[Any, Any], Value]
ONE, TWO = [Value(1.0)], [Value(1.0), Value(2.0)]


@pytest.mark.parametrize("loss", [mse, hinge, binary_cross_entropy])
def test_losses_refuse_numbers_of_samples_that_differ(loss: Loss) -> None:
    with pytest.raises(ValueError, match=r"^predictions of 2 samples and targets of 1$"):
        loss(TWO, [1.0])


@pytest.mark.parametrize("loss", [mse, hinge, binary_cross_entropy, cross_entropy])
def test_losses_refuse_nothing(loss: Loss) -> None:
    with pytest.raises(ValueError, match="a loss needs at least one of its samples"):
        loss([], [])


BAD: list[tuple[Callable[[], Value], str]] = [
    (lambda: mse(ONE, [1.0], reduction="sum"), r"unknown reduction 'sum'; there are \"samples\" and \"mean\""),
    (lambda: mse([TWO], [[1.0]]), "predictions of 2 outputs and targets of 1"),
    (lambda: mse([[]], [[]]), "at least one of its outputs"),
    (lambda: hinge(TWO, [1, 0]), "hinge takes the labels -1 and 1, got 0"),
    (lambda: hinge(TWO, [1, math.nan]), "hinge takes the labels -1 and 1, got nan"),
    (lambda: binary_cross_entropy(TWO, [0.5, 1.5]), "binary_cross_entropy takes targets from 0 to 1, got 1.5"),
    (lambda: binary_cross_entropy(ONE, [math.nan]), "binary_cross_entropy takes targets from 0 to 1, got nan"),
    (lambda: cross_entropy([TWO, TWO], [0]), "predictions of 2 samples and targets of 1"),
    (lambda: cross_entropy([TWO], [[1.0]]), "predictions of 2 classes and targets of 1"),
    (lambda: cross_entropy(TWO, [0.2, 0.3, 0.5]), "predictions of 2 classes and targets of 3"),
    *(
        (lambda index=index: cross_entropy([TWO], [index]), f"a class is a whole number from 0 to 1, got {index!r}")
        for index in (2, -1, 0.5, math.nan, math.inf)
    ),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input_is_refused(call: Callable[[], Value], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("probabilities", [[-0.5, 1.5], [0.5, 0.4]])
def test_probabilities_that_are_none(probabilities: list[float]) -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        cross_entropy([[Value(1.0), Value(2.0)]], [probabilities])


def test_one_prediction_without_a_list() -> None:
    with pytest.raises(TypeError, match="the predictions of several samples are a list, got Value"):
        mse(Value(1.0), 2.0)
