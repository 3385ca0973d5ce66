"""Each activation against its closed form, each derivative against its activation."""

import mpmath
import numpy as np
import pytest

from micrograd_bp.matrix import ACTIVATIONS
from tests.problems.finite_differences import H

LEAKY_SLOPE = 0.01
EXTREMES = [-1e4, -745.0, -710.0, -40.0, -1.0, -1e-9, 0.0, 1e-9, 1.0, 19.0, 40.0, 710.0, 1e4]

# The function and its derivative, as a book writes them, for as many digits as it takes.
EXACT = {
    "sigmoid": (
        lambda z: 1 / (1 + mpmath.exp(-z)),
        lambda z: mpmath.exp(-z) / (1 + mpmath.exp(-z)) ** 2,
    ),
    "tanh": (mpmath.tanh, lambda z: 1 - mpmath.tanh(z) ** 2),
    "relu": (lambda z: max(z, 0), lambda z: int(z > 0)),
    "leaky_relu": (
        lambda z: z if z > 0 else z * LEAKY_SLOPE,
        lambda z: 1 if z > 0 else LEAKY_SLOPE,
    ),
    "softplus": (lambda z: mpmath.log(1 + mpmath.exp(z)), lambda z: 1 / (1 + mpmath.exp(-z))),
    "linear": (lambda z: z, lambda z: 1),
}


@pytest.mark.parametrize("which", [0, 1], ids=["function", "derivative"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_all_digits_are_right_also_at_extreme_points(name, which):
    """Against 10000 digits; what is too small for a normal float may round, down to zero."""
    with mpmath.workdps(10_000):
        exact = [float(EXACT[name][which](mpmath.mpf(z))) for z in EXTREMES]
    given = ACTIVATIONS[name][which](np.array(EXTREMES))
    np.testing.assert_allclose(given, exact, rtol=1e-15, atol=np.finfo(float).tiny)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivative_is_the_slope(name):
    """Against finite differences, with no point near the kink at 0."""
    function, derivative = ACTIVATIONS[name]
    z = np.linspace(-6, 6, 120).reshape(8, 15)
    assert np.abs(z).min() > 100 * H
    slope = (function(z + H) - function(z - H)) / (2 * H)
    np.testing.assert_allclose(derivative(z), slope, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "at_minus_inf", "at_0", "at_inf"),
    [
        ("sigmoid", (0, 0), (0.5, 0.25), (1, 0)),
        ("tanh", (-1, 0), (0, 1), (1, 0)),
        ("relu", (0, 0), (0, 0), (np.inf, 1)),
        ("leaky_relu", (-np.inf, LEAKY_SLOPE), (0, LEAKY_SLOPE), (np.inf, 1)),
        ("softplus", (0, 0), (np.log(2), 0.5), (np.inf, 1)),
        ("linear", (-np.inf, 1), (0, 1), (np.inf, 1)),
    ],
)
def test_limits_and_the_kink(name, at_minus_inf, at_0, at_inf):
    """At infinity the limits, at 0 the convention."""
    function, derivative = ACTIVATIONS[name]
    z = np.array([-np.inf, 0.0, np.inf])
    expected = np.array([at_minus_inf, at_0, at_inf], dtype=float).T
    assert np.array_equal([function(z), derivative(z)], expected)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_result_is_a_new_float_array(name):
    """Integers would cut off fractions; z itself would let a change of the output change z."""
    for function in ACTIVATIONS[name]:
        z = np.array([-2, 3])
        np.testing.assert_array_equal(function(z), function(z.astype(float)))
        assert function(z).dtype == np.float64
        z = np.array([-2.0, 3.0])
        assert not np.shares_memory(function(z), z)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "linear"])
def test_nan_is_not_hidden(name):
    """A branch such as "0 unless z > 0" would turn nan into a number."""
    for function in ACTIVATIONS[name]:
        assert np.isnan(function(np.array([np.nan]))).all()
