"""What `value_and_gradient` gives and takes."""

import numpy as np
import pytest

from micrograd_bp import Value, compile, dot, l2, mse
from tests.problems.line import INPUTS, TARGETS, a_line, errors


def test_the_value_is_the_mean_over_the_batch_and_the_gradient_that_of_the_mean():
    program, _ = a_line()
    value, gradient = program.value_and_gradient(INPUTS, TARGETS)
    e = errors()
    assert type(value) is float
    assert value == pytest.approx(np.mean(e**2), rel=1e-14)
    assert isinstance(gradient, np.ndarray)
    assert gradient.shape == (3,)
    assert gradient.dtype == np.float64
    np.testing.assert_allclose(gradient, [*(2 * e @ INPUTS / 3), 2 * e.mean()], rtol=1e-14)


def test_arrays_are_given_in_the_order_of_inputs_or_by_name():
    program, _ = a_line()
    expected = program.value_and_gradient(INPUTS, TARGETS)
    for given in (
        program.value_and_gradient(X=INPUTS, T=TARGETS),
        program.value_and_gradient(T=TARGETS, X=INPUTS),
        program.value_and_gradient(INPUTS, T=TARGETS),
    ):
        assert given[0] == expected[0]
        np.testing.assert_array_equal(given[1], expected[1])


def test_the_gradient_with_respect_to_inputs_is_that_of_the_mean():
    program, _ = a_line()
    value, gradient, d_inputs = program.value_and_gradient(INPUTS, TARGETS, with_respect_to="X")
    e = errors()
    np.testing.assert_allclose(d_inputs, 2 * np.outer(e, [2.0, 3.0]) / 3, rtol=1e-14)
    plain = program.value_and_gradient(INPUTS, TARGETS)
    assert value == plain[0]
    np.testing.assert_array_equal(gradient, plain[1])
    *_, d_targets = program.value_and_gradient(INPUTS, TARGETS, with_respect_to="T")
    np.testing.assert_allclose(d_targets, -2 * e[:, None] / 3, rtol=1e-14)


def test_gradients_with_respect_to_several_inputs_come_one_after_the_other():
    program, _ = a_line()
    *_, d_targets, d_inputs = program.value_and_gradient(INPUTS, TARGETS, with_respect_to=["T", "X"])
    assert d_targets.shape == TARGETS.shape
    assert d_inputs.shape == INPUTS.shape
    np.testing.assert_array_equal(d_inputs, program.value_and_gradient(INPUTS, TARGETS, with_respect_to="X")[2])


@pytest.mark.parametrize(
    "inputs",
    [
        INPUTS.tolist(),
        [tuple(row) for row in INPUTS.tolist()],
        INPUTS.astype(np.float32),
        INPUTS.astype(int),
        np.asfortranarray(INPUTS),
        np.repeat(INPUTS, 2, axis=0)[::2],
        np.stack([INPUTS, -INPUTS], axis=2)[..., 0],
        INPUTS[::-1][::-1],
    ],
    ids=["lists", "tuples", "float32", "integers", "Fortran", "every second row", "a slice", "backwards twice"],
)
def test_arrays_of_all_kinds_are_taken(inputs):
    program, _ = a_line()
    value, gradient, d_inputs = program.value_and_gradient(inputs, TARGETS, with_respect_to="X")
    expected = program.value_and_gradient(INPUTS, TARGETS, with_respect_to="X")
    assert value == pytest.approx(expected[0], rel=1e-14)
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-14)
    np.testing.assert_allclose(d_inputs, expected[2], rtol=1e-14)
    np.testing.assert_allclose(program.predict(inputs)["score"], program.predict(INPUTS)["score"], rtol=1e-14)


def test_arguments_are_not_written_to():
    program, _ = a_line()
    inputs, targets = INPUTS.copy(), TARGETS.copy()
    inputs.flags.writeable = targets.flags.writeable = False
    program.value_and_gradient(inputs, targets, with_respect_to=["X", "T"])
    program.predict(inputs)


def test_a_group_of_one_is_also_taken_as_a_flat_array():
    program, _ = a_line()
    value, gradient, d_targets = program.value_and_gradient(INPUTS, TARGETS[:, 0], with_respect_to="T")
    expected = program.value_and_gradient(INPUTS, TARGETS, with_respect_to="T")
    assert value == expected[0]
    np.testing.assert_array_equal(gradient, expected[1])
    np.testing.assert_array_equal(d_targets.reshape(3, 1), expected[2].reshape(3, 1))


def test_a_single_value_is_a_group_of_one():
    x, w = Value(2.0), Value(3.0)
    program = compile((w * x) ** 2, inputs={"x": x}, parameters=[w], outputs={"y": w * x})
    for given in ([1.0, 2.0], [[1.0], [2.0]]):
        value, gradient = program.value_and_gradient(given)
        assert value == pytest.approx((9.0 + 36.0) / 2)
        np.testing.assert_allclose(gradient, [(6.0 + 24.0) / 2])
        np.testing.assert_allclose(program.predict(given)["y"].ravel(), [3.0, 6.0])


def test_a_batch_of_one():
    program, _ = a_line()
    value, gradient = program.value_and_gradient(INPUTS[:1], TARGETS[:1])
    assert value == pytest.approx(64.0)
    np.testing.assert_allclose(gradient, [16.0, 32.0, 16.0])
    assert program.predict(INPUTS[:1])["score"].shape == (1, 1)


def test_batches_of_different_sizes_follow_one_another():
    program, _ = a_line()
    for n in (3, 1, 2, 3):
        value, _ = program.value_and_gradient(INPUTS[:n], TARGETS[:n])
        assert value == pytest.approx(np.mean(errors()[:n] ** 2))


def test_a_term_of_parameters_alone_counts_once():
    x, w = Value(1.0), [Value(2.0), Value(-3.0)]
    program = compile(w[0] * x + 0.5 * l2(w), inputs={"x": [x]}, parameters=w)
    value, gradient = program.value_and_gradient([[1.0], [2.0], [3.0]])
    assert value == pytest.approx(2.0 * 2.0 + 0.5 * 13.0)
    np.testing.assert_allclose(gradient, [2.0 + 2.0, -3.0])


def test_a_loss_of_parameters_alone_under_a_batch():
    w = Value(2.0)
    x = Value(1.0)
    program = compile(w * w, inputs={"x": [x]}, parameters=[w])
    value, gradient, d_x = program.value_and_gradient(np.ones((4, 1)), with_respect_to="x")
    assert (value, gradient.tolist(), d_x.tolist()) == (4.0, [4.0], [[0.0]] * 4)


@pytest.mark.parametrize("inputs", [{}, None])
def test_without_inputs_there_is_no_batch(inputs):
    w = [Value(0.5), Value(2.0)]
    predictions = [dot(w, [x, 1.0]) for x in (1.0, 2.0, 3.0)]
    arguments = {} if inputs is None else {"inputs": inputs}
    program = compile(mse(predictions, [1.0, 2.0, 4.0]), parameters=w, outputs={"p": predictions}, **arguments)
    value, gradient = program.value_and_gradient()
    np.testing.assert_allclose(value, (1.5**2 + 1.0 + 0.5**2) / 3)
    np.testing.assert_allclose(gradient, [2 * (1.5 + 2.0 - 1.5) / 3, 2 * (1.5 + 1.0 - 0.5) / 3])
    prediction = program.predict()["p"]
    assert prediction.shape == (3,)
    np.testing.assert_allclose(prediction, [2.5, 3.0, 3.5])


def test_without_parameters_there_are_gradients_of_inputs():
    x = Value(2.0)
    program = compile(x**3, inputs={"x": [x]}, parameters=[])
    value, gradient, d_x = program.value_and_gradient([[1.0], [2.0]], with_respect_to="x")
    assert value == pytest.approx(4.5)
    assert gradient.shape == (0,)
    np.testing.assert_allclose(d_x, [[1.5], [6.0]])


@pytest.mark.parametrize("form", ["matrices", "straight line"])
@pytest.mark.parametrize("samples", [2, 100])
def test_gradients_along_inputs_are_arrays_of_their_own(form, samples):
    """Though those along two inputs that are only ever added are the same numbers."""
    x, y, w = [Value(0.1), Value(0.2)], [Value(0.3), Value(0.4)], Value(2.0)
    loss = ((x[0] + y[0]) * w).tanh() + ((x[1] + y[1]) * w).tanh()
    program = compile(loss, inputs={"X": x, "Y": y}, parameters=[w], form=form)
    ones = np.ones((samples, 2))
    _, gradient, d_x, d_y = program.value_and_gradient(ones, ones, with_respect_to=["X", "Y"])
    np.testing.assert_array_equal(d_x, d_y)
    assert not any(np.may_share_memory(a, b) for a, b in ((d_x, d_y), (gradient, d_x), (gradient, d_y)))
