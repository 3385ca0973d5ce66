"""The points where derivatives need care, by name: what they are there, and that only a result raises."""

import math

import mpmath
import pytest

from micrograd_bp.engine import Origin, Value, backward, operation, operations
from micrograd_bp.engine.operations import (
    abs,
    acos,
    acosh,
    asin,
    atan,
    cbrt,
    constant_power,
    cos,
    cosh,
    divide,
    dot,
    elu,
    equal,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    gelu,
    hypot,
    leaky_relu,
    log,
    log1p,
    log2,
    log10,
    logsumexp,
    maximum,
    minimum,
    pow,
    relu,
    sigmoid,
    silu,
    sin,
    sinh,
    softplus,
    sqrt,
    subtract,
    sum,
    tan,
    tanh,
    where,
)

from .support import made_in, refused

INF, NAN = math.inf, math.nan


def at(function, *numbers):
    """The result, and the gradient that reaches each operand."""
    values = [Value(number) for number in numbers]
    output = function(*values)
    output.backward()
    return output.data, [value.grad for value in values]


# ---- what the derivative is where there is none, or where it needs care


@pytest.mark.parametrize(
    ("function", "numbers", "result", "gradients"),
    [
        pytest.param(relu, [0.0], 0.0, [0.0], id="relu at 0"),
        pytest.param(abs, [0.0], 0.0, [0.0], id="abs at 0"),
        pytest.param(hypot, [0.0, 0.0], 0.0, [0.0, 0.0], id="hypot at the origin"),
        pytest.param(leaky_relu, [0.0], 0.0, [0.01], id="leaky_relu at 0"),
        pytest.param(elu, [0.0], 0.0, [1.0], id="elu at 0"),
        pytest.param(maximum, [3.0, 3.0], 3.0, [0.5, 0.5], id="a tie in maximum"),
        pytest.param(minimum, [3.0, 3.0], 3.0, [0.5, 0.5], id="a tie in minimum"),
        pytest.param(maximum, [0.0, -0.0], 0.0, [0.5, 0.5], id="a tie of 0 and -0"),
        pytest.param(lambda x: maximum(x, x), [3.0], 3.0, [1.0], id="maximum of one value with itself"),
        pytest.param(lambda x: x**0, [0.0], 1.0, [0.0], id="0 to the constant 0"),
        pytest.param(pow, [0.0, 0.0], 1.0, [0.0, 0.0], id="0 to the Value 0"),
        pytest.param(lambda x: x**1, [0.0], 0.0, [1.0], id="0 to the constant 1"),
        pytest.param(pow, [0.0, 1.0], 0.0, [1.0, 0.0], id="0 to the Value 1"),
        pytest.param(lambda x: x**2, [0.0], 0.0, [0.0], id="0 squared"),
        pytest.param(pow, [0.0, 2.0], 0.0, [0.0, 0.0], id="0 to the Value 2"),
        pytest.param(lambda x: x**0.5, [0.0], 0.0, [INF], id="0 to the constant 1/2"),
        pytest.param(pow, [0.0, 0.5], 0.0, [INF, 0.0], id="0 to the Value 1/2"),
        pytest.param(pow, [-2.0, 3.0], -8.0, [12.0, NAN], id="a negative base and a Value exponent"),
        pytest.param(lambda x: x**3, [-2.0], -8.0, [12.0], id="a negative base and a constant exponent"),
        pytest.param(lambda x: x**-2, [-2.0], 0.25, [0.25], id="a negative base and a negative exponent"),
        pytest.param(lambda x: 2**x, [3.0], 8.0, [8 * math.log(2)], id="a number to a Value"),
        pytest.param(lambda x: 0**x, [3.0], 0.0, [0.0], id="the number 0 to a Value"),
        pytest.param(sqrt, [0.0], 0.0, [INF], id="sqrt at 0"),
        pytest.param(cbrt, [0.0], 0.0, [INF], id="cbrt at 0"),
        pytest.param(asin, [1.0], math.pi / 2, [INF], id="asin at 1"),
        pytest.param(asin, [-1.0], -math.pi / 2, [INF], id="asin at -1"),
        pytest.param(acos, [1.0], 0.0, [-INF], id="acos at 1"),
        pytest.param(acosh, [1.0], 0.0, [INF], id="acosh at 1"),
        pytest.param(log, [5e-324], math.log(5e-324), [INF], id="log at the smallest number"),
        pytest.param(lambda x: x**-1, [1e-200], 1e200, [-INF], id="a derivative too large for a float"),
        pytest.param(floor, [2.0], 2.0, [0.0], id="floor at an integer"),
        pytest.param(where, [0.0, 2.0, 3.0], 3.0, [0.0, 0.0, 1.0], id="where not"),
        pytest.param(where, [-0.5, 2.0, 3.0], 2.0, [0.0, 1.0, 0.0], id="where"),
        pytest.param(equal, [2.0, 2.0], 1.0, [0.0, 0.0], id="a comparison"),
    ],
)
def test_named_edge(function, numbers, result, gradients):
    given = at(function, *numbers)
    assert given[0] == pytest.approx(result, rel=1e-15)
    assert given[1] == pytest.approx(gradients, rel=1e-15, nan_ok=True)


def test_a_derivative_never_raises_nor_is_it_complex(table):
    """Python's own power of a negative number with a fractional exponent is a complex."""

    @operation("root_of_abs")
    def root_of_abs(xp, x):
        return xp.abs(x), (x**0.5,)

    (derivative,) = root_of_abs(Value(-2.0)).local_derivatives
    assert type(derivative) is float
    assert math.isnan(derivative)


def test_a_constant_for_which_only_a_derivative_fails_does_not_raise(table):
    @operation("over")
    def over(xp, x, *, scale):
        return x * scale, (1.0 / (1.0 / scale),)

    node = over(Value(3.0), scale=0.0)
    assert node.data == 0.0
    assert type(node.local_derivatives[0]) is float


def test_a_constant_for_which_the_result_fails_is_refused_in_words(table):
    @operation("box_cox", domain="lam != 0")
    def box_cox(xp, x, *, lam):
        return (xp.pow(x, lam) - 1.0) / lam, (xp.pow(x, lam - 1.0) * (1.0 / lam),)

    with refused(ZeroDivisionError, "box_cox needs lam != 0; got x = 2 (label 'x'), lam = 0"):
        box_cox(Value(2.0, label="x"), lam=0.0)
    with refused(ZeroDivisionError, "box_cox needs lam != 0; got x = 2, lam = 0"):
        box_cox(2.0, lam=0.0)


def test_zero_upstream_times_an_infinite_local_derivative_is_nan():
    x = Value(0.0)
    (sqrt(x) * 0.0).backward()
    assert math.isnan(x.grad)


# ---- functions that can be written so as not to overflow


@pytest.mark.parametrize(
    ("function", "closed", "slope"),
    [
        pytest.param(tanh, mpmath.tanh, lambda x: 1 / mpmath.cosh(x) ** 2, id="tanh"),
        pytest.param(
            sigmoid,
            lambda x: 1 / (1 + mpmath.exp(-x)),
            lambda x: mpmath.exp(-x) / (1 + mpmath.exp(-x)) ** 2,
            id="sigmoid",
        ),
        pytest.param(
            softplus,
            lambda x: mpmath.log(1 + mpmath.exp(x)),
            lambda x: 1 / (1 + mpmath.exp(-x)),
            id="softplus",
        ),
        pytest.param(
            elu,
            lambda x: x if x > 0 else mpmath.exp(x) - 1,
            lambda x: 1 if x > 0 else mpmath.exp(x),
            id="elu",
        ),
        pytest.param(
            silu,
            lambda x: x / (1 + mpmath.exp(-x)),
            lambda x: (1 + mpmath.exp(-x) * (1 + x)) / (1 + mpmath.exp(-x)) ** 2,
            id="silu",
        ),
        pytest.param(
            gelu,
            lambda x: x * mpmath.ncdf(x),
            lambda x: mpmath.ncdf(x) + x * mpmath.npdf(x),
            id="gelu",
        ),
        pytest.param(
            lambda x: logsumexp([x, 0.0]),
            lambda x: mpmath.log(1 + mpmath.exp(x)),
            lambda x: 1 / (1 + mpmath.exp(-x)),
            id="logsumexp",
        ),
    ],
)
@pytest.mark.parametrize("x", [-1e4, -800.0, -710.0, -40.0, 0.0, 40.0, 710.0, 800.0, 1e4])
def test_no_overflow(function, closed, slope, x):
    result, (gradient,) = at(function, x)
    with mpmath.workdps(50):
        exact, exact_slope = float(closed(mpmath.mpf(x))), float(slope(mpmath.mpf(x)))
    assert result == pytest.approx(exact, rel=1e-14, abs=1e-15)
    assert gradient == pytest.approx(exact_slope, rel=1e-14, abs=1e-15)


def test_logsumexp_of_many_large_numbers():
    result, gradients = at(lambda *x: logsumexp(x), 1e4, 1e4, -1e4)
    assert result == 1e4 + math.log(2.0)
    assert gradients == [pytest.approx(0.5), pytest.approx(0.5), 0.0]


# ---- nan and inf come in and go through


@pytest.mark.parametrize(
    ("function", "numbers"),
    [
        (function, numbers)
        for function in (operations.add, subtract, operations.multiply, divide, maximum, minimum, hypot)
        for numbers in ([NAN, 1.0], [1.0, NAN], [NAN, NAN])
    ]
    + [(lambda *x: sum(x), [1.0, NAN]), (lambda *x: logsumexp(x), [NAN, 1.0])]
    + [(lambda *x: logsumexp(x), [1.0, NAN, INF]), (lambda a, b: dot([a], [b]), [NAN, 0.0])]
    + [(lambda x: x**2, [NAN]), (lambda x: 2**x, [NAN])],
)
def test_nan_goes_through(function, numbers):
    assert math.isnan(at(function, *numbers)[0])


@pytest.mark.parametrize(
    ("function", "numbers", "result"),
    [
        (operations.add, [INF, 1.0], INF),
        (subtract, [1.0, INF], -INF),
        (divide, [1.0, INF], 0.0),
        (exp, [INF], INF),
        (exp, [-INF], 0.0),
        (expm1, [-INF], -1.0),
        (log, [INF], INF),
        (sqrt, [INF], INF),
        (constant_power, [INF], INF),
        (floor, [-INF], -INF),
        (operations.ceil, [INF], INF),
        (operations.trunc, [INF], INF),
        (tanh, [-INF], -1.0),
        (atan, [INF], math.pi / 2),
        (erf, [INF], 1.0),
        (erfc, [-INF], 2.0),
        (relu, [INF], INF),
        (relu, [-INF], 0.0),
        (leaky_relu, [-INF], -INF),
        (elu, [-INF], -1.0),
        (sigmoid, [-INF], 0.0),
        (sigmoid, [INF], 1.0),
        (softplus, [-INF], 0.0),
        (softplus, [INF], INF),
        (silu, [INF], INF),
        (gelu, [INF], INF),
        (maximum, [INF, 1.0], INF),
        (hypot, [-INF, NAN], INF),
    ],
)
def test_inf_goes_through(function, numbers, result):
    constants = {"exponent": 2} if function is constant_power else {}
    values = [Value(number) for number in numbers]
    output = function(*values, **constants)
    assert output.data == result
    output.backward()
    assert function(*numbers, **constants) == result


def test_infinities_in_groups():
    assert logsumexp([INF, 1.0]) == INF
    assert logsumexp([-INF, -INF]) == -INF
    assert logsumexp([-INF, 1.0]) == 1.0
    assert sum([INF, 1.0]) == INF
    assert math.isnan(sum([INF, -INF]))


def test_infinite_operands_may_give_nan():
    assert math.isnan((Value(INF) - Value(INF)).data)
    assert math.isnan((Value(INF) * 0.0).data)


# ---- only a result raises


@pytest.mark.parametrize("function", [operations.add, subtract, operations.multiply, divide])
def test_arithmetic_may_overflow_to_inf(function):
    b = {operations.add: 1.7e308, subtract: -1.7e308, operations.multiply: 2.0, divide: 0.5}[function]
    assert at(function, 1.7e308, b)[0] == INF


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda x: log(x(0)), ValueError, "log needs x > 0; got x = 0 (label 'p')"),
        (lambda x: log(x(-1)), ValueError, "log needs x > 0; got x = -1 (label 'p')"),
        (lambda x: log2(x(0)), ValueError, "log2 needs x > 0; got x = 0 (label 'p')"),
        (lambda x: log10(x(-2)), ValueError, "log10 needs x > 0; got x = -2 (label 'p')"),
        (lambda x: log1p(x(-1)), ValueError, "log1p needs x > -1; got x = -1 (label 'p')"),
        (lambda x: sqrt(x(-4)), ValueError, "sqrt needs x >= 0; got x = -4 (label 'p')"),
        (lambda x: asin(x(2)), ValueError, "asin needs -1 <= x <= 1; got x = 2 (label 'p')"),
        (lambda x: acosh(x(0.5)), ValueError, "acosh needs x >= 1; got x = 0.5 (label 'p')"),
        (lambda x: operations.atanh(x(1)), ValueError, "atanh needs -1 < x < 1; got x = 1 (label 'p')"),
        (lambda x: sin(x(INF)), ValueError, "sin needs a finite x; got x = inf (label 'p')"),
        (lambda x: cos(x(-INF)), ValueError, "cos needs a finite x; got x = -inf (label 'p')"),
        (lambda x: tan(x(INF)), ValueError, "tan needs a finite x; got x = inf (label 'p')"),
        (lambda x: 3 / x(0), ZeroDivisionError, "divide needs b != 0; got a = 3, b = 0 (label 'p')"),
        (lambda x: x(3) / 0, ZeroDivisionError, "divide needs b != 0; got a = 3 (label 'p'), b = 0"),
        (
            lambda x: x(0) ** -1,
            ZeroDivisionError,
            "constant_power needs x != 0 for a negative exponent, x >= 0 for a fractional one; "
            "got x = 0 (label 'p'), exponent = -1",
        ),
        (
            lambda x: x(-8) ** (1 / 3),
            ValueError,
            "constant_power needs x != 0 for a negative exponent, x >= 0 for a fractional one; "
            "got x = -8 (label 'p'), exponent = 0.333333",
        ),
        (
            lambda x: x(0) ** Value(-1.0, label="n"),
            ZeroDivisionError,
            "pow needs a != 0 for a negative exponent, a >= 0 for a fractional one; "
            "got a = 0 (label 'p'), b = -1 (label 'n')",
        ),
        (lambda x: (-8) ** x(0.5), ValueError, "got a = -8, b = 0.5 (label 'p')"),
        (lambda x: exp(x(1e4)), OverflowError, "exp gives a number too large for a float; got x = 10000 (label 'p')"),
        (lambda x: expm1(x(1e3)), OverflowError, "expm1 gives a number too large for a float; got x = 1000"),
        (lambda x: exp2(x(1024)), OverflowError, "exp2 gives a number too large for a float; got x = 1024"),
        (lambda x: sinh(x(-1e3)), OverflowError, "sinh gives a number too large for a float; got x = -1000"),
        (lambda x: cosh(x(1e3)), OverflowError, "cosh gives a number too large for a float; got x = 1000"),
        (lambda x: 10 ** x(400), OverflowError, "pow gives a number too large for a float; got a = 10, b = 400"),
        (lambda x: x(1e200) ** 2, OverflowError, "constant_power gives a number too large for a float; got x = 1e+200"),
        (
            lambda x: dot([x(1e200), 1e200], [1e200, -1e200]),
            OverflowError,
            "dot gives a number too large for a float; got 1e+200 (label 'p'), 1e+200, 1e+200, -1e+200",
        ),
        (
            lambda x: dot([x(1e200)] * 5, [1e200, -1e200, 0, 0, 0], 7),
            OverflowError,
            "got 1e+200 (label 'p'), 1e+200 (label 'p'), 1e+200 (label 'p'), ..., 0, 7",
        ),
    ],
)
def test_refusal(make, error, message):
    with refused(error, message):
        make(lambda number: Value(number, label="p"))


def test_a_refusal_names_the_module_that_made_the_operand():
    with made_in(Origin("layers.0", "Layer")):
        x = Value(1.0) - 1.0
    with refused(ValueError, "log needs x > 0; got x = 0 (made in layers.0)"):
        log(x)


def test_a_sum_of_finite_numbers_may_overflow_but_not_turn_into_nan():
    assert sum([1.7e308, 1.7e308]) == INF
    assert dot([1e200], [1e200]) == INF
    assert softplus(1.7e308) == 1.7e308


def test_empty_groups():
    """The sum of nothing is 0; the logarithm of a sum of nothing has no number, and says so."""
    assert sum([]) == 0.0
    assert dot([], []) == 0.0
    assert dot([], [], Value(2.0)).data == 2.0
    with refused(ValueError, "logsumexp needs at least one"):
        logsumexp([])


def test_refused_operations_leave_no_trace():
    x = Value(0.0)
    with refused(ValueError, "log"):
        log(x)
    backward([x])
    assert x.grad == 1.0
