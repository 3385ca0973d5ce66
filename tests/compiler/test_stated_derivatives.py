"""The derivative of an operation is the one that its rule states, also where the result is an operand as it is."""

import numpy as np
import pytest

from micrograd_bp import Value, compile, operation

FORMS = ["matrices", "straight line", "xp"]


def value_and_gradient(form, loss, parameters, check=True, **inputs):
    """What a program gives, in one of its forms or on a library that is handed to it."""
    leaves = {name: group for name, (group, _) in inputs.items()}
    program = compile(loss, inputs=leaves, parameters=parameters, form="auto" if form == "xp" else form, check=check)
    arrays = [np.array(array) for _, array in inputs.values()]
    return program.namespace(np)(program.parameters, *arrays) if form == "xp" else program.value_and_gradient(*arrays)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("slope", [-1.0, 0.0, 0.1, 1.0])
@pytest.mark.parametrize(
    "result",
    [lambda x: x, lambda x: x + 0.0, lambda x: x * 1.0, lambda x: x**1.0],
    ids=["x", "x + 0", "x * 1", "x ** 1"],
)
def test_an_operand_as_the_result(form, slope, result, table):
    @operation("passed_on")
    def passed_on(xp, x):
        return result(x), (slope,)

    w = [Value(2.0), Value(-3.0)]
    value, gradient = value_and_gradient(form, passed_on(w[0] * 3.0) + passed_on(w[1] * 3.0), w)
    assert value == -3.0
    np.testing.assert_allclose(gradient, [3.0 * slope] * 2)


@pytest.mark.parametrize("form", FORMS)
def test_one_of_several_operands_as_the_result(form, table):
    """A straight-through estimator: the result is the first, and the gradient goes to both."""

    @operation("straight_through")
    def straight_through(xp, a, b):
        return a, (1.0, 2.0)

    x, w, v = Value(0.5), Value(2.0), Value(-3.0)
    for loss, slopes in (
        (straight_through(w * x, v * x), [1.0, 2.0]),
        (straight_through(w * x, w * x) + v, [3.0, 1.0]),
        (straight_through(w.round() + v, w), [2.0, 1.0]),
    ):
        _, gradient = value_and_gradient(form, loss, [w, v], X=([x], [[1.0], [1.0]]))
        np.testing.assert_allclose(gradient, slopes)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("number", [2.0, 1.0, -np.inf])
def test_a_loss_that_nothing_moves(form, number):
    a, b, x = Value(2.0), Value(number), Value(1.0)
    with pytest.warns(UserWarning, match="does not depend"):
        value, gradient = value_and_gradient(form, b * b + 1.0, [a], check=False, X=([x], [[1.0], [2.0]]))
    assert (value, gradient.tolist()) == (number * number + 1.0, [0.0])
