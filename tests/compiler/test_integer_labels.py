"""Class indices are one-hot encoded, so that one program serves every class."""

import numpy as np
import pytest

from micrograd_bp import MLP, Value, compile, cross_entropy
from tests.problems.layers_by_hand import sample
from tests.problems.problem import cross_entropy_of

INPUTS = np.array([[0.5, -1.0], [1.0, 2.0], [-0.5, 0.25], [0.0, 1.0]])
LABELS = [2, 0, 1, 2]


def a_classifier(n_classes=3):
    model, x = MLP(2, [4, n_classes], activation="tanh", rng=0), sample(2)
    targets = [Value(1.0 / n_classes) for _ in range(n_classes)]
    logits = np.atleast_1d(model(x)).tolist()
    program = compile(cross_entropy_of(logits, targets), inputs={"X": x, "T": targets}, parameters=model.parameters())
    return program, model


@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        np.array(LABELS),
        np.array(LABELS, dtype=np.uint8),
        np.array(LABELS, dtype=np.int32)[::-1][::-1],
        [np.int64(label) for label in LABELS],
    ],
    ids=["a list", "int64", "uint8", "strided", "scalars"],
)
def test_labels_are_encoded(labels):
    program, model = a_classifier()
    value, gradient = program.value_and_gradient(INPUTS, labels)
    expected = program.value_and_gradient(INPUTS, np.eye(3)[LABELS])
    assert value == expected[0]
    np.testing.assert_array_equal(gradient, expected[1])
    loss = cross_entropy([model(row) for row in INPUTS.tolist()], LABELS)
    loss.backward()
    assert value == pytest.approx(loss.data, rel=1e-13)
    np.testing.assert_allclose(gradient, [parameter.grad for parameter in model.parameters()], rtol=1e-11, atol=1e-15)


def test_probabilities_are_taken_as_they_are():
    program, _ = a_classifier()
    halves = np.full((4, 3), 1.0 / 3.0)
    assert program.value_and_gradient(INPUTS, halves)[0] != program.value_and_gradient(INPUTS, LABELS)[0]
    ones = np.eye(3, dtype=int)[LABELS]  # integers, but of the group's shape
    assert program.value_and_gradient(INPUTS, ones)[0] == program.value_and_gradient(INPUTS, LABELS)[0]


def test_gradients_with_respect_to_encoded_labels_are_those_of_the_probabilities():
    program, _ = a_classifier()
    *_, d_targets = program.value_and_gradient(INPUTS, LABELS, with_respect_to="T")
    *_, expected = program.value_and_gradient(INPUTS, np.eye(3)[LABELS], with_respect_to="T")
    np.testing.assert_array_equal(d_targets, expected)


@pytest.mark.parametrize(
    ("labels", "word"),
    [([0, 1, 2, 3], "3"), ([0, -1, 2, 1], "-1"), ([0, 1, 2], "3"), ([0.0, 1.0, 2.0, 0.5], "T"), ([0.5] * 4, "T")],
    ids=["too large", "negative", "too few", "floats", "fractions"],
)
def test_labels_that_are_no_classes(labels, word):
    program, _ = a_classifier()
    with pytest.raises(ValueError, match=word):
        program.value_and_gradient(INPUTS, labels)


def test_a_group_of_one_takes_integers_as_numbers():
    x, t, w = Value(1.0), Value(2.0), Value(3.0)
    program = compile((w * x - t) ** 2, inputs={"X": [x], "T": [t]}, parameters=[w])
    assert program.value_and_gradient(np.array([1, 2]), np.array([2, 5]))[0] == pytest.approx((1 + 1) / 2)
