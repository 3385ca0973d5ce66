"""Derivatives as functions: of floats, lists and arrays, nested, and handed to SciPy."""

import copy
import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares, minimize

from micrograd_bp import (
    Value,
    derivative,
    gradcheck,
    gradient,
    gradients,
    hessian,
    hessian_vector_product,
    jacobian,
    jvp,
    no_graph,
    value_and_gradient,
    vjp,
)
from micrograd_bp.engine.operations import cos, exp, maximum, sin, tanh

from .support import refused


def rosenbrock(x):
    return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2


def several(x):
    """Something smooth in n variables with every pair of them coupled."""
    total = 0.0
    for i in range(len(x)):
        total = total + sin(x[i] * x[(i + 1) % len(x)]) + exp(-(x[i] ** 2)) * tanh(x[i - 1])
    return total


def outputs(x):
    return [sin(x[0]) * x[1], x[1] ** 3 + x[-1], exp(x[0] * x[-1])]


def test_forms_of_arguments_and_results() -> None:
    assert derivative(sin)(0.5) == math.cos(0.5)
    assert type(derivative(sin)(1)) is float
    assert gradient(rosenbrock)([1.0, 2.0]) == [-400.0, 200.0]
    array = gradient(rosenbrock)(np.array([1.0, 2.0]))
    assert isinstance(array, np.ndarray)
    assert array.dtype == float
    np.testing.assert_array_equal(array, [-400.0, 200.0])
    assert gradient(lambda m: m[0][0] * m[1][1])([[2.0, 3.0], [4.0, 5.0]]) == [[5.0, 0.0], [0.0, 2.0]]
    assert gradient(lambda m: (m @ m).sum())(np.eye(2)).shape == (2, 2)
    value, slope = value_and_gradient(rosenbrock)([1.0, 2.0])
    assert (value, slope) == (100.0, [-400.0, 200.0])
    assert hessian(rosenbrock)([1.0, 1.0]) == [[802.0, -400.0], [-400.0, 200.0]]
    assert hessian(rosenbrock)(np.array([1.0, 1.0])).shape == (2, 2)
    assert hessian(sin)(0.5) == -math.sin(0.5)
    assert jacobian(lambda x: np.array([x[0] * x[1], x[0], 2.0]))(np.array([3.0, 4.0])).tolist() == [
        [4, 3],
        [1, 0],
        [0, 0],
    ]
    assert jacobian(outputs)([1.0, 2.0, 3.0])[1] == [0.0, 12.0, 1.0]


def test_further_arguments_are_passed_on() -> None:
    assert gradient(lambda x, a, b: a * x[0] + b * x[1])([1.0, 1.0], 3.0, 4.0) == [3.0, 4.0]
    assert derivative(lambda x, n: x**n)(2.0, 3) == 12.0


def test_a_constant_has_derivative_0() -> None:
    assert derivative(lambda x: 3.0)(1.0) == 0.0
    assert gradient(lambda x: 3.0)([1.0, 2.0]) == [0.0, 0.0]


def test_nesting() -> None:
    assert derivative(derivative(derivative(sin)))(0.3) == pytest.approx(-math.cos(0.3), rel=1e-15)
    # The inner derivative must not see the outer x, neither where it stands beside y nor where it is the argument.
    assert derivative(lambda x: x * derivative(lambda y: x + y)(1.0))(1.0) == 1.0
    assert derivative(lambda x: derivative(lambda y: y * x**2)(x))(3.0) == 6.0


def test_an_outer_variable_reaches_an_inner_function_by_closure() -> None:
    assert derivative(lambda w: derivative(lambda x: x * x * w)(3.0))(2.0) == 6.0
    assert derivative(lambda w: value_and_gradient(lambda x: x * w)(3.0)[0])(2.0) == 3.0


def test_products_can_be_differentiated() -> None:
    def f(x):
        return x[0] ** 3 * x[1]

    assert gradient(lambda t: jvp(f)([t[0], t[1]], [1.0, 0.0])[1])([2.0, 3.0]) == [36.0, 12.0]
    assert gradient(lambda t: vjp(f)(t, 1.0)[0])([2.0, 3.0]) == [36.0, 8.0]
    assert gradient(lambda t: hessian_vector_product(f)(t, [1.0, 0.0])[0])([2.0, 3.0]) == [18.0, 12.0]
    assert gradient(lambda v: jvp(f)([2.0, 3.0], v)[1])([1.0, 1.0]) == [36.0, 8.0]


def test_a_derivative_needs_its_graph_also_where_nothing_is_recorded() -> None:
    with no_graph():
        assert derivative(tanh)(0.3) == pytest.approx(1.0 - math.tanh(0.3) ** 2, rel=1e-15)
        assert not (Value(1.0) * 2.0).operands
    gradcheck(lambda x: derivative(tanh)(x) * 1.0, [0.3])


def test_one_object_in_an_array() -> None:
    assert gradient(lambda x: np.array(x[0] * x[1]))([2.0, 3.0]) == [3.0, 2.0]


def test_values_in_values_out() -> None:
    x = Value(0.4)
    slope = derivative(sin)(x)
    assert isinstance(slope, Value)
    slope.backward()
    assert x.grad == pytest.approx(-math.sin(0.4), rel=1e-15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gradient(lambda x: [x[0]])([1.0]), "one number, got list: use jacobian"),
        (lambda: derivative(sin)([1.0]), "one number, got list: use gradient"),
        (lambda: gradient(lambda x: "a")([1.0]), "one number, got str"),
        (lambda: gradient(lambda x: x)("a"), "expected a real number, got str"),
    ],
)
def test_bad_input(call, message) -> None:
    with pytest.raises(TypeError, match=message):
        call()


def test_directions_of_another_shape() -> None:
    with pytest.raises(ValueError, match="2 numbers and the direction 3"):
        jvp(rosenbrock)([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="result has 3 numbers and the upstream gradient 2"):
        vjp(outputs)([1.0, 2.0, 3.0], [1.0, 2.0])


points = st.lists(st.floats(-1.5, 1.5), min_size=2, max_size=5)


@settings(max_examples=60, deadline=None)
@given(points, st.randoms(use_true_random=False))
def test_hessians_of_random_points(x, rng) -> None:
    second = np.array(hessian(several)(x))
    scale = np.max(np.abs(second)) + 1.0
    np.testing.assert_allclose(second, second.T, rtol=0, atol=1e-12 * scale)
    step = 1e-5
    slope = gradient(several)
    for i in range(len(x)):
        above, below = list(x), list(x)
        above[i] += step
        below[i] -= step
        difference = (np.array(slope(above)) - np.array(slope(below))) / (2.0 * step)
        np.testing.assert_allclose(second[i], difference, atol=1e-8 * scale)
    v = [rng.uniform(-1.0, 1.0) for _ in x]
    np.testing.assert_allclose(hessian_vector_product(several)(x, v), second @ v, rtol=0, atol=1e-13 * scale)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1.5, 1.5), min_size=3, max_size=3), st.randoms(use_true_random=False))
def test_jvp_and_vjp_are_adjoint(x, rng) -> None:
    v = [rng.uniform(-1.0, 1.0) for _ in x]
    u = [rng.uniform(-1.0, 1.0) for _ in range(3)]
    values, forwards = jvp(outputs)(x, v)
    same_values, backwards = vjp(outputs)(x, u)
    assert values == same_values == [output if isinstance(output, float) else output.data for output in outputs(x)]
    assert np.dot(u, forwards) == pytest.approx(np.dot(backwards, v), rel=1e-12, abs=1e-12)
    matrix = np.array(jacobian(outputs)(x))
    np.testing.assert_allclose(forwards, matrix @ v, atol=1e-12)
    np.testing.assert_allclose(backwards, u @ matrix, atol=1e-12)


def test_what_stands_still_contributes_nothing() -> None:
    assert jvp(lambda x: x[0] * 2.0 + x[1] ** 0.5)([1.0, 0.0], [1.0, 0.0])[1] == 2.0


def test_scipy_takes_them_as_they_are() -> None:
    found = minimize(
        rosenbrock, np.array([-1.2, 1.0]), jac=gradient(rosenbrock), hess=hessian(rosenbrock), method="trust-exact"
    )
    np.testing.assert_allclose(found.x, [1.0, 1.0], atol=1e-8)

    def residuals(p, t):
        return np.array([p[0] * exp(-p[1] * each) - 3.0 * math.exp(-0.7 * each) for each in t])

    def numbers(p, t):
        return np.array([float(residual) for residual in residuals(p, t)])

    times = [0.0, 0.5, 1.0, 2.0]
    fit = least_squares(numbers, np.array([1.0, 1.0]), jac=jacobian(residuals), args=(times,))
    np.testing.assert_allclose(fit.x, [3.0, 0.7], rtol=1e-8)


def test_choices_in_functions() -> None:
    assert gradient(lambda x: maximum(x[0], x[1]) * cos(x[0]))([2.0, 1.0]) == pytest.approx(
        [math.cos(2.0) - 2.0 * math.sin(2.0), 0.0]
    )


# ---- copies inside of a function that is differentiated


@dataclass
class Circle:
    centre: Any
    radius: Any


def area_by_copy(x):
    shape = asdict(Circle([x[0], x[1]], x[1]))
    return shape["centre"][0] * shape["centre"][1] * shape["radius"]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda x: copy.deepcopy([x])[0], lambda x: x])
def test_the_gradient_comes_through_a_copy_of_the_argument(copied):
    assert derivative(lambda x: copied(x) * x)(3.0) == 6.0
    assert derivative(derivative(lambda x: copied(copied(x) * x) * x))(3.0) == 18.0
    assert derivative(lambda x: x * derivative(lambda y: copied(x) * copied(y) * y)(x))(3.0) == 54.0  # 2x³
    assert gradient(lambda x: copied(x[0]) * x[1])([2.0, 3.0]) == [3.0, 2.0]
    assert gradient(lambda x: (copy.deepcopy(x) * x).sum())(np.array([2.0, 3.0])).tolist() == [4.0, 6.0]
    assert jvp(lambda x: copied(x) * x)(3.0, 1.0) == (9.0, 6.0)
    assert vjp(lambda x: copied(x) * x)(3.0, 2.0) == (9.0, 12.0)
    gradcheck(lambda x: copied(x.exp()) * x, [0.5])


def test_a_dataclass_may_be_turned_into_a_dictionary():
    assert gradient(area_by_copy)([2.0, 3.0]) == [9.0, 12.0]  # x y²
    assert hessian(area_by_copy)([2.0, 3.0]) == [[0.0, 6.0], [6.0, 4.0]]


def test_a_copy_of_anything_else_is_one_of_its_own():
    """What the function uses besides its argument is copied, there as everywhere: changing the copy leaves it alone."""
    weight = Value(2.0, label="w")

    def f(x):
        again, product = copy.deepcopy([weight, weight * x])
        assert product.operands[0] is again is not weight
        assert product.operands[1] is x
        again.data = 5.0
        return again * x

    assert derivative(f)(3.0) == 5.0
    assert weight.data == 2.0
    x = Value(3.0)
    (copy.deepcopy(x) * x).backward()  # outside, too
    assert x.grad == 3.0


# ---- dictionaries


def layer(p: Any) -> Any:
    """The outputs of a layer, whose weights have names."""
    z = [sum(w * x for w, x in zip(row, p["x"], strict=True)) + b for row, b in zip(p["W"], p["b"], strict=True)]
    return {"a": [tanh(each) for each in z], "scale": p["more"]["scale"] * z[0]}


def loss(p: Any) -> Any:
    """One number."""
    outputs = layer(p)
    return sum(a * a for a in outputs["a"]) * outputs["scale"]


def point(kind: Any) -> dict[str, Any]:
    """Weights in lists or in arrays."""
    return {
        "W": kind([[0.1, -0.3, 0.2], [0.4, 0.5, -0.6]]),
        "b": kind([0.05, -0.1]),
        "x": kind([1.0, -2.0, 0.5]),
        "more": {"scale": 1.5},
    }


def in_order(p: Any) -> list[float]:
    """The numbers of such a dictionary."""
    return [*np.ravel(p["W"]), *p["b"], *p["x"], p["more"]["scale"]]


def from_order(numbers: Any) -> dict[str, Any]:
    """The opposite."""
    return {
        "W": [numbers[:3], numbers[3:6]],
        "b": numbers[6:8],
        "x": numbers[8:11],
        "more": {"scale": numbers[11]},
    }


@pytest.mark.parametrize("kind", [list, np.array])
def test_dictionaries_have_the_derivatives_of_their_numbers(kind) -> None:
    """Of numbers, lists and arrays by name, at any depth, as of one list of all numbers."""
    p = point(kind)
    slope = gradient(loss)(p)
    assert list(slope) == ["W", "b", "x", "more"]
    assert type(slope["W"]) is type(p["W"])
    assert type(slope["more"]["scale"]) is float
    flat = in_order(p)
    expected = gradient(lambda numbers: loss(from_order(numbers)))(flat)
    assert in_order(slope) == pytest.approx(expected, rel=1e-14)
    # From Python 3.12 on, its `sum` adds floats with more care than it adds Values.
    assert value_and_gradient(loss)(p)[0] == pytest.approx(loss(p), rel=1e-15)

    second = hessian(loss)(p)
    rows = np.array(hessian(lambda numbers: loss(from_order(numbers)))(flat))
    row = (
        second["W"][1][2]
        if kind is list
        else {name: second["W"][name][1, 2] for name in ("W", "b", "x")}
        | {"more": {"scale": second["W"]["more"]["scale"][1, 2]}}
    )
    assert in_order(row) == pytest.approx(rows[5].tolist(), rel=1e-12)
    assert in_order(second["more"]["scale"]) == pytest.approx(rows[11].tolist(), rel=1e-12)

    jacobians = jacobian(layer)(p)
    assert in_order(jacobians["scale"]) == pytest.approx(in_order(gradient(lambda q: layer(q)["scale"])(p)))
    assert in_order(jacobians["a"][1]) == pytest.approx(in_order(gradient(lambda q: layer(q)["a"][1])(p)))

    v = point(kind)
    v = {name: v[name] for name in ("more", "x", "b", "W")}  # the order of names says nothing
    value, speed = jvp(loss)(p, v)
    assert (value, speed) == pytest.approx((loss(p), float(np.dot(in_order(slope), in_order(v)))))
    outputs, pulled = vjp(layer)(p, {"scale": 2.0, "a": [0.0, 1.0]})
    assert outputs["scale"] == pytest.approx(layer(p)["scale"])
    together = gradient(lambda q: layer(q)["a"][1] + 2.0 * layer(q)["scale"])(p)
    assert in_order(pulled) == pytest.approx(in_order(together))
    turned = hessian_vector_product(loss)(p, v)
    assert in_order(turned) == pytest.approx((rows @ in_order(v)).tolist(), rel=1e-12)


def test_arrays_of_outputs_have_a_jacobian_for_each_name() -> None:
    p = {"w": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), "rest": [{"b": 2.0}, np.array([1.0, 2.0])]}
    jacobians = jacobian(lambda q: q["w"] @ np.array([1.0, 2.0, 3.0]) * q["rest"][0]["b"] + q["rest"][1])(p)
    assert jacobians["w"].shape == (2, 2, 3)
    np.testing.assert_array_equal(jacobians["w"][1], [[0.0, 0.0, 0.0], [2.0, 4.0, 6.0]])
    np.testing.assert_array_equal(jacobians["rest"][0]["b"], [14.0, 32.0])
    np.testing.assert_array_equal(jacobians["rest"][1], np.eye(2))


def test_dictionaries_that_do_not_fit() -> None:
    p = point(list)
    with pytest.raises(ValueError, match="the point has the names W, b, x, more; the direction has W, b, x"):
        jvp(loss)(p, {name: p[name] for name in ("W", "b", "x")})
    with pytest.raises(ValueError, match="the point has the names W, b, x, more; the direction has no names"):
        jvp(loss)(p, in_order(p))
    with pytest.raises(ValueError, match="the point has 2 numbers and the direction 1"):
        jvp(loss)(p, {**p, "b": [1.0]})
    with pytest.raises(ValueError, match="result has the names a, scale; the upstream gradient has scale"):
        vjp(layer)(p, {"scale": 1.0})
    with pytest.raises(TypeError, match="expected a real number, got str"):
        gradient(loss)({**p, "x": "abc"})
    with pytest.raises(TypeError, match="one number, got dict: use jacobian"):
        gradient(layer)(p)


def test_what_computed_at_once_still_does_and_says_what_to_write():
    f = lambda x: x[0] ** 2 * x[1]  # noqa: E731  # the same for all three
    for make, vector in ((jvp, [1.0, 0.0]), (vjp, 1.0), (hessian_vector_product, [1.0, 0.0])):
        with pytest.warns(DeprecationWarning, match=rf"{make.__name__}\(f\)\(x, v\)"):
            assert make(f, [1.0, 2.0], vector) == make(f)([1.0, 2.0], vector)


def test_further_arguments_are_passed_on_beside_a_vector():
    f = lambda x, scale: scale * x[0] ** 2 * x[1]  # noqa: E731  # as in scipy.optimize
    assert jvp(f)([1.0, 2.0], [1.0, 0.0], 3.0) == (6.0, 12.0)
    assert vjp(f)([1.0, 2.0], 1.0, 3.0) == (6.0, [12.0, 3.0])
    assert hessian_vector_product(f)([1.0, 2.0], [1.0, 0.0], 3.0) == [12.0, 6.0]


def test_functions_and_values_are_not_taken_for_each_other():
    x = Value(2.0)
    with refused(TypeError, "of Values it is gradients(output, [x])"):
        gradient(x * x)(x)
    with refused(TypeError, "got function: the gradient of a function is gradient(f)"):
        gradients(lambda x: x * x, [x])
    with refused(TypeError, "along a single one it is gradients(output, [x])"):
        gradients(x * x, x)
