"""The table of rules: what each operation gives, and its local derivative along each operand.

Read it as a calculus card. A rule is handed the namespace of numbers `xp` and its operands; it returns the result
and, in the order of the operands, the derivatives. It runs on floats when a `Value` is made, and was traced once
on symbols, from which come the formulas, the graphs of derivatives and the compiled programs. Rules are not
annotated, since they run on any kind of number.

Where a derivative can be had from the result, it is (`y`): in the trace that *is* the node. A derivative of 0 or 1
is written as the comparison itself. Both branches of a `where` are evaluated, so each is kept harmless.
"""

import math

import micrograd_bp.engine.numbers.special_functions  # noqa: F401  # which rules may call from then on
from micrograd_bp.engine.definition import operation
from micrograd_bp.engine.table import OPERATIONS

POSITIVE = [(0.1, 4.0)]
AROUND_ZERO = [(-3.0, -0.2), (0.2, 3.0)]
BETWEEN_INTEGERS = [(-1.9, -1.1), (0.1, 0.9), (2.1, 2.9)]
BETWEEN_HALVES = [(-2.4, -1.6), (-0.4, 0.4), (2.6, 3.4)]
QUOTIENT = {"a": [(-2.9, -0.1), (0.1, 2.9), (7.2, 7.6)], "b": [(-3.5, -3.2), (3.2, 3.5)]}  # never a whole number
NO_POLE = "x other than 0, -1, -2, …"
GAMMA = [(-1.8, -1.2), (0.2, 4.0)]
ORDERS = {"order": [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]}

LOG_2, LOG_10 = math.log(2.0), math.log(10.0)
SQRT_HALF = math.sqrt(0.5)
TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)
NORMAL_DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)

# ---- arithmetic


@operation("add", symbol="+")
def add(xp, a, b):
    return a + b, (1.0, 1.0)


@operation("subtract", symbol="-")
def subtract(xp, a, b):
    return a - b, (1.0, -1.0)


@operation("multiply", symbol="*")
def multiply(xp, a, b):
    return a * b, (b, a)


@operation("divide", symbol="/", domain="b != 0", samples={"b": AROUND_ZERO})
def divide(xp, a, b):
    y = a / b
    return y, (1.0 / b, -y / b)


# As Python's % and //: the remainder has the sign of the divisor, that of `fmod` the sign of the dividend.


@operation("remainder", symbol="%", domain="b != 0", samples=QUOTIENT, aliases=("mod",))
def remainder(xp, a, b):
    return xp.remainder(a, b), (1.0, -xp.floor_divide(a, b))


@operation("floor_divide", symbol="//", domain="b != 0", samples=QUOTIENT)
def floor_divide(xp, a, b):
    return xp.floor_divide(a, b), (0.0, 0.0)


@operation("fmod", domain="b != 0", samples=QUOTIENT)
def fmod(xp, a, b):
    y = xp.fmod(a, b)
    return y, (1.0, xp.round((y - a) / b))


@operation("negative", symbol="-")
def negative(xp, x):
    return -x, (-1.0,)


# The exponent of a power's derivative is n - 1, except at n = 0, where it stays 0: the derivative 0·x⁰ is then
# 0 at x = 0 as well, and so are all its derivatives, while 0·x⁻¹ would be nan.


@operation(
    "constant_power",
    symbol="**{exponent:g}",
    domain="x != 0 for a negative exponent, x >= 0 for a fractional one",
    samples={"x": POSITIVE, "exponent": [(-3.0, 3.0)]},
)
def constant_power(xp, x, *, exponent):
    lowered = exponent - xp.not_equal(exponent, 0.0)
    return xp.pow(x, exponent), (exponent * xp.pow(x, lowered),)


# log(a + (a = 0)) is log(a), but 0 at a = 0, where aᵇ does not change with b > 0.


@operation(
    "pow",
    symbol="**",
    domain="a != 0 for a negative exponent, a >= 0 for a fractional one",
    samples={"a": POSITIVE},
    aliases=("power",),
)
def pow(xp, a, b):
    y = xp.pow(a, b)
    lowered = b - xp.not_equal(b, 0.0)
    return y, (b * xp.pow(a, lowered), y * xp.log(a + xp.equal(a, 0.0)))


@operation("abs", symbol="|x|", samples={"x": AROUND_ZERO}, aliases=("fabs",))
def abs(xp, x):
    return xp.abs(x), (xp.greater(x, 0.0) - xp.less(x, 0.0),)


@operation("sign", samples={"x": AROUND_ZERO})
def sign(xp, x):
    return xp.sign(x), (0.0,)


# ---- choices: a tie shares the gradient half and half


@operation("maximum", symbol="max")
def maximum(xp, a, b):
    half = 0.5 * xp.equal(a, b)
    return xp.maximum(a, b), (xp.greater(a, b) + half, xp.less(a, b) + half)


@operation("minimum", symbol="min")
def minimum(xp, a, b):
    half = 0.5 * xp.equal(a, b)
    return xp.minimum(a, b), (xp.less(a, b) + half, xp.greater(a, b) + half)


@operation("greater", symbol=">")
def greater(xp, a, b):
    return xp.greater(a, b), (0.0, 0.0)


@operation("greater_equal", symbol=">=")
def greater_equal(xp, a, b):
    return xp.greater_equal(a, b), (0.0, 0.0)


@operation("less", symbol="<")
def less(xp, a, b):
    return xp.less(a, b), (0.0, 0.0)


@operation("less_equal", symbol="<=")
def less_equal(xp, a, b):
    return xp.less_equal(a, b), (0.0, 0.0)


@operation("equal", symbol="==")
def equal(xp, a, b):
    return xp.equal(a, b), (0.0, 0.0)


@operation("not_equal", symbol="!=")
def not_equal(xp, a, b):
    return xp.not_equal(a, b), (0.0, 0.0)


@operation("where", symbol="where", samples={"condition": AROUND_ZERO})
def where(xp, condition, a, b):
    return xp.where(condition, a, b), (
        0.0,
        xp.not_equal(condition, 0.0),
        xp.equal(condition, 0.0),
    )


@operation("floor", samples={"x": BETWEEN_INTEGERS})
def floor(xp, x):
    return xp.floor(x), (0.0,)


@operation("ceil", samples={"x": BETWEEN_INTEGERS})
def ceil(xp, x):
    return xp.ceil(x), (0.0,)


@operation("trunc", samples={"x": BETWEEN_INTEGERS})
def trunc(xp, x):
    return xp.trunc(x), (0.0,)


@operation("round", samples={"x": BETWEEN_HALVES}, aliases=("rint",))
def round(xp, x):
    return xp.round(x), (0.0,)


# ---- exponentials, logarithms, roots


@operation("exp", domain="x small enough")
def exp(xp, x):
    y = xp.exp(x)
    return y, (y,)


@operation("expm1")
def expm1(xp, x):
    return xp.expm1(x), (xp.exp(x),)


@operation("exp2")
def exp2(xp, x):
    y = xp.exp2(x)
    return y, (y * LOG_2,)


@operation("log", domain="x > 0", samples={"x": POSITIVE})
def log(xp, x):
    return xp.log(x), (1.0 / x,)


@operation("log1p", domain="x > -1", samples={"x": [(-0.8, 3.0)]})
def log1p(xp, x):
    return xp.log1p(x), (1.0 / (1.0 + x),)


@operation("log2", domain="x > 0", samples={"x": POSITIVE})
def log2(xp, x):
    return xp.log2(x), (1.0 / (x * LOG_2),)


@operation("log10", domain="x > 0", samples={"x": POSITIVE})
def log10(xp, x):
    return xp.log10(x), (1.0 / (x * LOG_10),)


@operation("sqrt", domain="x >= 0", samples={"x": POSITIVE})
def sqrt(xp, x):
    y = xp.sqrt(x)
    return y, (0.5 / y,)


# As x**2, but products overflow to inf and not with an error: a loss that runs away says so by its value.
@operation("square", symbol="**2")
def square(xp, x):
    return x * x, (2.0 * x,)


@operation("cbrt", samples={"x": AROUND_ZERO})
def cbrt(xp, x):
    y = xp.cbrt(x)
    return y, (1.0 / (3.0 * (y * y)),)


# (h = 0) added to h makes the derivative 0 at the origin, where there is none.


@operation("hypot")
def hypot(xp, x, y):
    h = xp.hypot(x, y)
    divisor = h + xp.equal(h, 0.0)
    return h, (x / divisor, y / divisor)


# ---- angles and hyperbolas


@operation("sin", domain="a finite x")
def sin(xp, x):
    return xp.sin(x), (xp.cos(x),)


@operation("cos", domain="a finite x")
def cos(xp, x):
    return xp.cos(x), (-xp.sin(x),)


@operation("tan", domain="a finite x", samples={"x": [(-1.2, 1.2)]})
def tan(xp, x):
    y = xp.tan(x)
    return y, (1.0 + y * y,)


# (1 - x)(1 + x) keeps the digits near 1 that 1 - x² loses.


@operation("asin", domain="-1 <= x <= 1", samples={"x": [(-0.9, 0.9)]}, aliases=("arcsin",))
def asin(xp, x):
    return xp.asin(x), (1.0 / xp.sqrt((1.0 - x) * (1.0 + x)),)


@operation("acos", domain="-1 <= x <= 1", samples={"x": [(-0.9, 0.9)]}, aliases=("arccos",))
def acos(xp, x):
    return xp.acos(x), (-1.0 / xp.sqrt((1.0 - x) * (1.0 + x)),)


@operation("atan", aliases=("arctan",))
def atan(xp, x):
    return xp.atan(x), (1.0 / (1.0 + x * x),)


@operation("atan2", samples={"y": AROUND_ZERO, "x": AROUND_ZERO}, aliases=("arctan2",))
def atan2(xp, y, x):
    r = xp.hypot(x, y)
    return xp.atan2(y, x), (x / r / r, -y / r / r)


@operation("sinh")
def sinh(xp, x):
    return xp.sinh(x), (xp.cosh(x),)


@operation("cosh")
def cosh(xp, x):
    return xp.cosh(x), (xp.sinh(x),)


@operation("tanh")
def tanh(xp, x):
    y = xp.tanh(x)
    return y, (1.0 - y * y,)


@operation("asinh", aliases=("arcsinh",))
def asinh(xp, x):
    return xp.asinh(x), (1.0 / xp.hypot(x, 1.0),)


@operation("acosh", domain="x >= 1", samples={"x": [(1.2, 4.0)]}, aliases=("arccosh",))
def acosh(xp, x):
    return xp.acosh(x), (1.0 / (xp.sqrt(x - 1.0) * xp.sqrt(x + 1.0)),)


@operation("atanh", domain="-1 < x < 1", samples={"x": [(-0.9, 0.9)]}, aliases=("arctanh",))
def atanh(xp, x):
    return xp.atanh(x), (1.0 / ((1.0 - x) * (1.0 + x)),)


@operation("degrees", aliases=("rad2deg",))
def degrees(xp, x):
    return xp.degrees(x), (180.0 / math.pi,)


@operation("radians", aliases=("deg2rad",))
def radians(xp, x):
    return xp.radians(x), (math.pi / 180.0,)


# ---- the normal distribution's integral


@operation("erf")
def erf(xp, x):
    return xp.erf(x), (TWO_OVER_SQRT_PI * xp.exp(-(x * x)),)


@operation("erfc")
def erfc(xp, x):
    return xp.erfc(x), (-TWO_OVER_SQRT_PI * xp.exp(-(x * x)),)


# ---- the logarithm of the gamma function, and sin(πx) / (πx): each derivative is the next member of a family


@operation("digamma", domain=NO_POLE, samples={"x": GAMMA})
def digamma(xp, x):
    return xp.polygamma(x, 0.0), (xp.polygamma(x, 1.0),)


@operation("lgamma", domain=NO_POLE, samples={"x": GAMMA}, aliases=("gammaln",))
def lgamma(xp, x):
    return xp.lgamma(x), (xp.digamma(x),)


@operation(
    "polygamma", symbol="polygamma^({order:g})", domain=f"{NO_POLE}, and a whole order", samples={"x": GAMMA, **ORDERS}
)
def polygamma(xp, x, *, order):
    return xp.polygamma(x, order), (xp.polygamma(x, order + 1.0),)


@operation("sinc", domain="a finite x")
def sinc(xp, x):
    return xp.sinc_derivative(x, 0.0), (xp.sinc_derivative(x, 1.0),)


@operation("sinc_derivative", symbol="sinc^({order:g})", domain="a finite x, and a whole order", samples=ORDERS)
def sinc_derivative(xp, x, *, order):
    return xp.sinc_derivative(x, order), (xp.sinc_derivative(x, order + 1.0),)


# ---- activations


@operation("relu", symbol="ReLU", samples={"x": AROUND_ZERO})
def relu(xp, x):
    return xp.maximum(x, 0.0), (xp.greater(x, 0.0),)


@operation("leaky_relu", symbol="LeakyReLU", samples={"x": AROUND_ZERO, "slope": [(0.01, 0.3)]})
def leaky_relu(xp, x, *, slope=0.01):
    positive = xp.greater(x, 0.0)
    return xp.where(positive, x, slope * x), (xp.where(positive, 1.0, slope),)


# Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units"
# (2016). `below` is x where x <= 0; unlike minimum(x, 0) it keeps the left branch's derivatives at 0 in every order.


@operation("elu", symbol="ELU", samples={"x": AROUND_ZERO, "alpha": [(0.5, 2.0)]})
def elu(xp, x, *, alpha=1.0):
    positive = xp.greater(x, 0.0)
    below = xp.where(positive, 0.0, x)
    return (
        xp.where(positive, x, alpha * xp.expm1(below)),
        (xp.where(positive, 1.0, alpha * xp.exp(below)),),
    )


# 1 / (1 + exp(-x)), written so that exp never overflows.


@operation("sigmoid", symbol="σ")
def sigmoid(xp, x):
    e = xp.exp(-xp.abs(x))
    y = xp.where(xp.greater_equal(x, 0.0), 1.0, e) / (1.0 + e)
    return y, (y * (1.0 - y),)


# log(1 + exp(x)), written so that exp never overflows.


@operation("softplus")
def softplus(xp, x):
    return xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x))), (xp.sigmoid(x),)


# Two equal infinities have a difference of 0 here, where inf - inf would be nan.


@operation("logaddexp")
def logaddexp(xp, a, b):
    apart = xp.where(xp.equal(a, b), 0.0, a - b)
    return xp.maximum(a, b) + xp.log1p(xp.exp(-xp.abs(apart))), (xp.sigmoid(a - b), xp.sigmoid(b - a))


@operation("log_sigmoid", aliases=("logsigmoid",))
def log_sigmoid(xp, x):
    return xp.minimum(x, 0.0) - xp.log1p(xp.exp(-xp.abs(x))), (xp.sigmoid(-x),)


@operation("silu", symbol="SiLU")
def silu(xp, x):
    s = xp.sigmoid(x)
    return x * s, (s * (1.0 + x * (1.0 - s)),)


# x·Φ(x) with Φ the normal distribution: Hendrycks and Gimpel, "Gaussian error linear units" (2016).


@operation("gelu", symbol="GELU")
def gelu(xp, x):
    normal = 0.5 * xp.erfc(-SQRT_HALF * x)
    density = NORMAL_DENSITY_AT_0 * xp.exp(-0.5 * (x * x))
    return x * normal, (normal + x * density,)


# ---- any number of operands


@operation("sum", symbol="Σ", many=("x",))
def sum(xp, x):
    return xp.sum(x), (1.0,)


@operation("sum_of_squares", symbol="Σx²", many=("x",))
def sum_of_squares(xp, x):
    return xp.dot(x, x), ([2.0 * each for each in x],)


@operation("dot", symbol="Σwx+b", many=("w", "x"))
def dot(xp, w, x, b=0.0):
    return xp.dot(w, x) + b, (x, w, 1.0)


@operation("logsumexp", domain="at least one operand", many=("x",))
def logsumexp(xp, x):
    y = xp.logsumexp(x)
    return y, ([xp.exp(each - y) for each in x],)


__all__ = list(OPERATIONS)
