"""Functions that neither `math` nor NumPy has, against mpmath; and Python's operators, against Python's floats."""

import builtins
import math
import operator

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_bp import Value, fmod, gradients, lgamma, logaddexp, round, sign
from micrograd_bp.engine.numbers.arrays import Arrays
from micrograd_bp.engine.numbers.floats import floats

from .support import refused

ARRAYS = Arrays(np)
SPREAD = [5e-324, 1e-300, 1e-9, 0.1, 0.4999, 0.5, 1 - 1e-9, 1.0, 1 + 1e-9, 1.25, 1.4616321449683623, 1.5, 2 - 1e-9, 2.0]
SPREAD += [2 + 1e-9, 2.4, 2.5, 2.6, 3.3, 5.5, 8.4, 8.5, 8.6, 11.0, 35.0, 1e3, 1e8, 1e155]
NEGATIVE = [-1e-300, -1e-9, -0.3, -0.5, -1.0001, -1.5, -2.7, -7.3, -20.6, -100.25]


def test_lgamma_of_arrays_is_right_to_the_last_digits():
    points = np.array([*SPREAD, *NEGATIVE, *np.linspace(0.01, 12.0, 500)])
    with mpmath.workdps(50):
        exact = [float(mpmath.loggamma(mpmath.mpf(float(x))).real) for x in points]
    computed = ARRAYS.lgamma(points)
    positive = points > 0.0  # where log Γ is 0 among negative numbers, digits cancel
    np.testing.assert_allclose(computed[positive], np.array(exact)[positive], rtol=2e-15)
    np.testing.assert_allclose(computed[~positive], np.array(exact)[~positive], rtol=2e-15, atol=1e-14)


def test_lgamma_of_arrays_at_the_ends():
    with np.errstate(all="ignore"):
        np.testing.assert_equal(
            ARRAYS.lgamma(np.array([math.inf, 0.0, -1.0, -7.0, math.nan])), [*[math.inf] * 4, math.nan]
        )


@pytest.mark.parametrize("order", [0, 1, 2, 3, 7, 12])
def test_polygamma_against_mpmath(order):
    points = [x for x in [*SPREAD, *NEGATIVE] if 1e-10 < abs(x) < 1e9]
    with mpmath.workdps(60), np.errstate(over="ignore"):
        exact = [float(mpmath.polygamma(order, mpmath.mpf(x))) for x in points]
        np.testing.assert_allclose(ARRAYS.polygamma(np.array(points), float(order)), exact, rtol=1e-13, atol=1e-14)
    for x, expected in zip(points, exact, strict=True):
        assert floats.polygamma(x, float(order)) == pytest.approx(expected, rel=1e-13, abs=1e-14), x


@pytest.mark.parametrize("order", [0, 1, 2, 3, 8, 13])
def test_sinc_and_its_derivatives_against_mpmath(order):
    """By Taylor's series, which needs many digits: fₙ(t) = Σₖ cos((n + k)·π/2)·tᵏ / (k!·(n + k + 1))."""
    points = [0.0, 1e-300, 1e-9, 0.01, 0.2, 0.3, 0.4999, 1.0, 1.5, 2.0, 2.3, 3.7, 10.0, 40.25]
    points += [-x for x in points]
    with mpmath.workdps(120):
        exact = []
        for x in points:
            t, power, total = mpmath.pi * mpmath.mpf(x), mpmath.mpf(1), mpmath.mpf(0)
            for k in range(400):
                total += (1, 0, -1, 0)[(order + k) % 4] * power / (order + k + 1)
                power *= t / (k + 1)
            exact.append(float(mpmath.pi**order * total))
    computed = ARRAYS.sinc_derivative(np.array(points), float(order))
    np.testing.assert_allclose(computed, exact, rtol=1e-12, atol=1e-14 * math.pi**order)
    for x, expected in zip(points, exact, strict=True):
        assert floats.sinc_derivative(x, float(order)) == pytest.approx(expected, rel=1e-12, abs=1e-14 * math.pi**order)


def test_derivatives_of_sinc_are_right_at_0_in_every_order():
    x = Value(0.0)
    derivative = x.sinc()
    for expected in (0.0, -(math.pi**2) / 3, 0.0, math.pi**4 / 5, 0.0, -(math.pi**6) / 7):
        (derivative,) = gradients(derivative, [x], create_graph=True)
        assert derivative.data == pytest.approx(expected, rel=1e-13)


def test_derivatives_of_lgamma_go_on():
    x = Value(2.5)
    derivative = x.lgamma()
    with mpmath.workdps(30):
        for order in range(5):
            (derivative,) = gradients(derivative, [x], create_graph=True)
            assert derivative.data == pytest.approx(float(mpmath.polygamma(order, 2.5)), rel=1e-13)


def test_logaddexp_and_log_sigmoid_do_not_overflow_and_keep_their_digits():
    assert logaddexp(1e4, 1e4) == pytest.approx(1e4 + math.log(2.0), rel=1e-15)
    assert logaddexp(0.0, -50.0) == pytest.approx(math.exp(-50.0), rel=1e-13)
    for infinite in (math.inf, -math.inf):
        assert logaddexp(infinite, infinite) == infinite
        assert ARRAYS.logaddexp(infinite, infinite) == infinite
    assert logaddexp(-math.inf, 3.0) == 3.0
    a, b = Value(0.7), Value(0.7)
    (slope,) = gradients(logaddexp(a, b), [a], create_graph=True)
    assert [slope.data, *gradients(slope, [a, b])] == pytest.approx([0.5, 0.25, -0.25])
    assert Value(-800.0).log_sigmoid().data == -800.0
    assert Value(50.0).logsigmoid().data == pytest.approx(-math.exp(-50.0), rel=1e-13)


# ---- Python's operators

NUMBERS = st.one_of(
    st.integers(-30, 30).map(float), st.floats(-1e6, 1e6), st.floats(allow_nan=False), st.sampled_from([0.1, 0.3, 1e20])
)


@settings(deadline=None)
@given(NUMBERS, NUMBERS)
def test_remainder_and_floor_are_those_of_floats(a, b):
    x, y = Value(a), Value(b)
    for operation in (operator.mod, operator.floordiv, math.fmod):
        on_values = fmod if operation is math.fmod else operation
        try:
            expected = operation(a, b)
        except (ZeroDivisionError, ValueError) as error:
            if b == 0.0:
                with refused(type(error), "needs b != 0", f"a = {a:.6g}"):
                    on_values(x, y)
            continue
        for node in (on_values(x, y), on_values(x, b), on_values(a, y)):
            np.testing.assert_equal(node.data, expected)
            with np.errstate(all="ignore"):
                name = node.operation.name
                np.testing.assert_equal(getattr(ARRAYS, name)(np.array([a]), np.array([b]))[0], expected)
    if b:
        for pair in (divmod(x, y), divmod(x, b), divmod(a, y)):
            np.testing.assert_equal([each.data for each in pair], divmod(a, b))


def test_the_quotient_in_a_derivative_is_the_one_that_the_remainder_belongs_to():
    """1.0 % 0.1 is 0.09999999999999995, 9 times 0.1 less than 1; yet 1.0 / 0.1 rounds to 10."""
    assert (Value(1.0) % 0.1).local_derivatives == (1.0, -9.0)
    assert fmod(Value(-1.0), 0.1).local_derivatives == (1.0, 9.0)
    assert (Value(-7.0) % 3.0).local_derivatives == (1.0, 3.0)
    assert fmod(Value(-7.0), 3.0).local_derivatives == (1.0, 2.0)


@settings(deadline=None)
@given(st.floats(-1e9, 1e9), st.integers(-3, 6))
def test_round_gives_a_value_near_what_python_gives(x, places):
    assert builtins.round(Value(x)).data == builtins.round(x)
    assert type(builtins.round(Value(x))) is Value
    assert builtins.round(Value(x), places).data == pytest.approx(np.round(x, places), rel=1e-15, abs=1e-300)
    assert round(x) == builtins.round(x)


def test_numpy_functions_on_values():
    array = np.array([Value(2.5), Value(-7.0)])
    assert [each.data for each in np.rint(array)] == [2.0, -7.0]
    assert [each.data for each in np.round(array)] == [2.0, -7.0]
    assert [each.data for each in np.mod(array, 3.0)] == [2.5, 2.0]
    assert [each.data for each in np.fmod(array, 3.0)] == [2.5, -1.0]
    assert [each.data for each in array // 2.0] == [1.0, -4.0]
    assert [each.data for each in 10.0 % array] == [0.0, -4.0]
    assert np.rint(Value(3.2)).data == 3.0
    assert [sign(x) for x in (-2.0, 0.0, 3.0)] == [Value(x).sign().data for x in (-2.0, 0.0, 3.0)] == [-1.0, 0.0, 1.0]


def test_poles_are_refused_and_derivatives_are_not():
    with refused(ValueError, "lgamma needs x other than 0, -1, -2, …; got x = -3"):
        Value(-3.0).lgamma()
    with refused(ValueError, "digamma needs x other than 0, -1, -2, …; got x = 0"):
        Value(0.0).digamma()
    with refused(ValueError, "sinc needs a finite x"):
        Value(math.inf).sinc()
    with refused(OverflowError, "lgamma gives a number too large"):
        lgamma(1e307)
    for order in (-1, 1.5):
        with refused(ValueError, "polygamma needs x other than 0, -1, -2, …, and a whole order"):
            Value(1.0).polygamma(order=order)
        with refused(ValueError, "derivatives are of a whole order"):
            ARRAYS.sinc_derivative(np.ones(2), order)
