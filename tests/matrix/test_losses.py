"""Losses by hand and against finite differences, and what they refuse."""

import re

import numpy as np
import pytest

from micrograd_bp.matrix import (
    LOSSES,
    mse,
    mse_gradient,
    softmax_cross_entropy,
    softmax_cross_entropy_gradient,
)
from tests.problems.finite_differences import assert_gradient


def test_mse_divides_by_the_number_of_samples():
    """Two samples, three outputs: by 2, not by 6; and so does the gradient."""
    prediction, target = [[1, 2, 3], [4, 5, 6]], [[0, 2, 5], [4, 4, 4]]
    assert mse(prediction, target) == (1 + 0 + 4 + 0 + 1 + 4) / 2
    assert mse_gradient(prediction, target).tolist() == [[1, 0, -2], [0, 1, 2]]


def test_cross_entropy_by_hand():
    """Equal logits: log(classes); logits (log 3, 0): probabilities 3/4 and 1/4."""
    assert softmax_cross_entropy(np.zeros((2, 5)), [3, 0]) == pytest.approx(np.log(5))
    logits, target = [[np.log(3), 0], [0, 0]], [[0.5, 0.5], [1, 0]]
    expected = (-0.5 * np.log(3 / 4) - 0.5 * np.log(1 / 4) - np.log(1 / 2)) / 2
    assert softmax_cross_entropy(logits, target) == pytest.approx(expected)
    gradient = softmax_cross_entropy_gradient(logits, target)
    np.testing.assert_allclose(gradient, [[0.125, -0.125], [-0.25, 0.25]])


def test_class_indices_are_short_for_rows_with_a_one():
    """The same loss and gradient to the bit."""
    logits = np.random.default_rng(0).normal(size=(4, 3))
    for function in LOSSES["softmax_cross_entropy"]:
        assert np.array_equal(function(logits, [2, 0, 1, 2]), function(logits, np.eye(3)[[2, 0, 1, 2]]))


def test_cross_entropy_of_huge_logits():
    """exp(1e4) overflows, the loss does not: it is the distance of the logits."""
    logits = np.array([[1e4, 0.0], [0.0, -1e4]])
    assert softmax_cross_entropy(logits, [1, 1]) == 1e4
    assert softmax_cross_entropy_gradient(logits, [1, 1]).tolist() == [[0.5, -0.5], [0.5, -0.5]]


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_finite_differences(name):
    """At random predictions and random targets, which here are probabilities."""
    rng = np.random.default_rng(1)
    loss, gradient = LOSSES[name]
    prediction, target = rng.normal(size=(5, 4)), rng.dirichlet(np.ones(4), size=5)
    assert_gradient(gradient(prediction, target), lambda: loss(prediction, target), prediction)


@pytest.mark.parametrize("name", LOSSES)
def test_loss_does_not_depend_on_the_batch_size(name):
    """Each sample five times: the same loss, and each sample's share of the gradient a fifth."""
    rng = np.random.default_rng(2)
    loss, gradient = LOSSES[name]
    prediction, target = rng.normal(size=(3, 4)), rng.dirichlet(np.ones(4), size=3)
    many = np.tile(prediction, (5, 1)), np.tile(target, (5, 1))
    assert loss(*many) == pytest.approx(loss(prediction, target))
    np.testing.assert_allclose(gradient(*many)[:3], gradient(prediction, target) / 5)


@pytest.mark.parametrize(
    ("name", "prediction", "target", "error", "message"),
    [
        (
            "mse",
            np.ones((3, 1)),
            np.ones(3),
            ValueError,
            "target: the shape is (3,), expected (3, 1); reshape(1, -1) makes it one sample",
        ),
        ("mse", np.ones(3), np.ones(3), ValueError, "prediction: the shape is (3,), expected (N, "),
        ("mse", [[1.0]], [[np.nan]], ValueError, "target: 1 of 1 numbers are nan or inf"),
        (
            "softmax_cross_entropy",
            np.ones((2, 3)),
            np.ones((2, 1), dtype=int),
            ValueError,
            "target: the shape is (2, 1), expected (2, 3); pass probabilities of that shape, or",
        ),
        ("softmax_cross_entropy", [[0, 0]], [[0.9, 0.9]], ValueError, "each row summing to 1"),
        ("softmax_cross_entropy", [[0, 0]], [[1.5, -0.5]], ValueError, "expected probabilities"),
        ("softmax_cross_entropy", [[0, 0]], [1.0], TypeError, "class indices of dtype float64"),
        ("softmax_cross_entropy", [[0, 0]], [1, 0], ValueError, "2 class indices, expected 1"),
        ("softmax_cross_entropy", [[0, 0]], [2], ValueError, "from 2 to 2, expected 0 to 1"),
        ("softmax_cross_entropy", [[0, 0]], [-1], ValueError, "from -1 to -1, expected 0 to 1"),
    ],
)
def test_bad_input_is_refused(name, prediction, target, error, message):
    """By the loss and by its gradient alike."""
    for function in LOSSES[name]:
        with pytest.raises(error, match=re.escape(message)):
            function(prediction, target)
