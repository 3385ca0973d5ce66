"""The loop over the table: whatever is entered in it is tested here, at points drawn from its sample intervals."""

import contextlib
import itertools
import math
import re
from random import Random

import mpmath
import numpy as np
import pytest

from micrograd_bp.engine import OPERATIONS, Value, gradcheck, operations
from micrograd_bp.engine.methods import Methods
from micrograd_bp.engine.numbers.arrays import Arrays
from micrograd_bp.engine.numbers.floats import floats
from micrograd_bp.engine.numbers.formulas import evaluate
from tests.cases import each_case

from .support import each_operation, moved, per_member, sample_points, samples, slope

PROMISED = """
    add subtract multiply divide negative constant_power pow abs maximum minimum
    greater greater_equal less less_equal equal not_equal where floor ceil trunc
    exp expm1 exp2 log log1p log2 log10 sqrt cbrt hypot square
    sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh degrees radians erf erfc
    relu leaky_relu elu sigmoid softplus silu gelu sum dot logsumexp
    remainder floor_divide fmod round sign lgamma digamma polygamma sinc logaddexp log_sigmoid
"""

NUMPY_NAMES = {
    "remainder": "mod",
    "round": "rint",
    "pow": "power",
    "abs": "fabs",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "degrees": "rad2deg",
    "radians": "deg2rad",
}


def test_what_was_promised_is_in_the_table():
    assert set(PROMISED.split()) <= OPERATIONS.keys()


@each_operation
def test_entry_says_what_people_and_tests_read(name):
    entry = OPERATIONS[name]
    assert entry.name == name
    assert entry.symbol
    assert entry.samples.keys() <= {*entry.operand_names, *entry.trace.constants}
    assert all(low < high for operand in entry.operand_names for low, high in entry.samples.get(operand, ()))
    assert all(low <= high for constant in entry.trace.constants for low, high in entry.samples.get(constant, ()))
    assert name in operations.__all__


@each_operation
def test_local_derivatives_are_the_slopes_of_the_result(name):
    for operation, point in sample_points(name):
        _, derivatives = operation.compute(point)
        slopes = [
            slope(lambda step, place=place: operation.compute(moved(point, place, step))[0])  # noqa: B023
            for place in range(len(point))
        ]
        assert list(derivatives) == pytest.approx(slopes, rel=1e-6, abs=1e-8), (operation, point)


CLOSED_FORMS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "negative": lambda x: -x,
    "constant_power": lambda x, exponent: mpmath.exp(exponent * mpmath.log(x)),
    "pow": lambda a, b: mpmath.exp(b * mpmath.log(a)),
    "abs": lambda x: mpmath.sqrt(x * x),
    "maximum": lambda a, b: (a + b + abs(a - b)) / 2,
    "minimum": lambda a, b: (a + b - abs(a - b)) / 2,
    "where": lambda condition, a, b: a if condition else b,
    "exp": mpmath.exp,
    "expm1": lambda x: mpmath.exp(x) - 1,
    "exp2": lambda x: mpmath.mpf(2) ** x,
    "log": mpmath.log,
    "log1p": lambda x: mpmath.log(1 + x),
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log10": lambda x: mpmath.log(x) / mpmath.log(10),
    "sqrt": mpmath.sqrt,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.exp(mpmath.log(abs(x)) / 3),
    "square": lambda x: x * x,
    "hypot": lambda x, y: mpmath.sqrt(x * x + y * y),
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": lambda x: mpmath.sin(x) / mpmath.cos(x),
    "asin": mpmath.asin,
    "acos": mpmath.acos,
    "atan": mpmath.atan,
    "atan2": mpmath.atan2,
    "sinh": lambda x: (mpmath.exp(x) - mpmath.exp(-x)) / 2,
    "cosh": lambda x: (mpmath.exp(x) + mpmath.exp(-x)) / 2,
    "tanh": mpmath.tanh,
    "asinh": lambda x: mpmath.log(x + mpmath.sqrt(x * x + 1)),
    "acosh": lambda x: mpmath.log(x + mpmath.sqrt(x * x - 1)),
    "atanh": lambda x: mpmath.log((1 + x) / (1 - x)) / 2,
    "degrees": mpmath.degrees,
    "radians": mpmath.radians,
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "relu": lambda x: max(x, 0),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu": lambda x, alpha: x if x > 0 else alpha * (mpmath.exp(x) - 1),
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "log_sigmoid": lambda x: -mpmath.log(1 + mpmath.exp(-x)),
    "logaddexp": lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)),
    "remainder": lambda a, b: a - b * mpmath.floor(a / b),
    "fmod": lambda a, b: mpmath.sign(a) * mpmath.fmod(abs(a), abs(b)),
    "lgamma": lambda x: mpmath.log(abs(mpmath.gamma(x))),
    "sinc": mpmath.sincpi,
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "gelu": lambda x: x * mpmath.ncdf(x),
    "sum": mpmath.fsum,
    "dot": lambda w, x, b=0: mpmath.fdot(w, x) + b,
    "logsumexp": lambda x: mpmath.log(mpmath.fsum(map(mpmath.exp, x))),
}


@each_case("name", CLOSED_FORMS)
def test_result_and_derivatives_against_closed_forms(name):
    """To fifty digits, with the closed form's own derivative; `floats` must be right to the last few."""
    with mpmath.workdps(50):
        for operation, point in sample_points(name, 2):
            constants = {key: mpmath.mpf(value) for key, value in operation.constants.items()}
            numbers = [mpmath.mpf(number) for number in point]

            def closed(numbers, operation=operation, constants=constants):
                return CLOSED_FORMS[name](*operation.arranged(numbers), **constants)

            data, derivatives = operation.compute(point)
            assert data == pytest.approx(float(closed(numbers)), rel=1e-14, abs=1e-15), (operation, point)
            for place, derivative in enumerate(derivatives):
                exact = mpmath.diff(lambda step, at=place: closed(moved(numbers, at, step)), 0)  # noqa: B023
                assert derivative == pytest.approx(float(exact), rel=1e-13, abs=1e-15), (operation, point)


@each_operation
def test_rule_on_arrays_is_the_rule_on_floats_point_by_point(name):
    for operation, points in samples(name):
        columns = operation.arranged(list(np.array(points).T))
        result, derivatives = operation.rule(Arrays(np), *columns)
        computed = [operation.compute(point) for point in points]
        np.testing.assert_allclose(result, [data for data, _ in computed], rtol=1e-13, atol=1e-15)
        rows = [np.broadcast_to(each, len(points)) for each in per_member(columns, derivatives)]
        np.testing.assert_allclose(np.transpose(rows), [each for _, each in computed], rtol=1e-13, atol=1e-15)


@each_operation
def test_trace_evaluated_is_the_rule(name):
    """Result and derivatives together, and the derivatives alone where the result is known."""
    for operation, point in sample_points(name):
        trace, arranged = operation.trace, operation.arranged(point)
        data, derivatives = operation.compute(point)
        symbols = dict(zip(trace.symbols.values(), arranged, strict=True))
        formulas = [trace.derivatives[operand] for operand in operation.operand_names]
        result, *together = evaluate([trace.result, *formulas], symbols, floats)
        apart = evaluate(formulas, {**symbols, trace.result: data}, floats)
        assert result == data
        assert per_member(arranged, together) == list(derivatives)
        assert per_member(arranged, apart) == list(derivatives)


@each_operation
def test_derivatives_in_ieee_arithmetic_are_those_of_the_rule(name):
    """The way that is taken where a derivative would raise."""
    for operation, point in sample_points(name):
        data, derivatives = operation.compute(point)
        assert operation.derivatives(point, data) == pytest.approx(derivatives, rel=1e-13, abs=1e-15)


@each_operation
def test_function_on_values_records_the_node(name):
    function = getattr(operations, name)
    for operation, point in sample_points(name, 2):
        values = [Value(number) for number in point]
        node = function(*operation.arranged(values), **operation.constants)
        assert (node.data, node.local_derivatives) == operation.compute(point)
        assert node.operation is operation
        assert len(node.operands) == len(values)
        assert all(operand is value for operand, value in zip(node.operands, values, strict=True))
        assert node.origin is None
        assert node.grad == 0.0
        assert all(type(number) is float for number in (node.data, *node.local_derivatives))


@each_operation
def test_function_takes_values_and_numbers_in_any_place(name):
    function = getattr(operations, name)
    for operation, point in sample_points(name, 1):
        for place, number in enumerate(point):
            value = Value(number)
            mixed = [*point[:place], value, *point[place + 1 :]]
            node = function(*operation.arranged(mixed), **operation.constants)
            assert isinstance(node, Value)
            assert node.operands[place] is value
            assert [operand.data for operand in node.operands] == point


@each_operation
def test_function_on_numbers_gives_a_float(name):
    function = getattr(operations, name)
    for operation, point in sample_points(name):
        result = function(*operation.arranged(point), **operation.constants)
        assert type(result) is float
        assert result == operation.compute(point)[0]


@each_operation
def test_method_and_its_other_names_are_the_function(name):
    """Entries with groups of operands have no first operand to be a method of."""
    entry = OPERATIONS[name]
    for method_name in (name, *entry.aliases):
        assert hasattr(Methods, method_name) is not bool(entry.many)
        for operation, point in sample_points(name, 1) if not entry.many else ():
            value, *others = map(Value, point)
            node = getattr(value, method_name)(*others, **operation.constants)
            assert node.operation is operation
            assert node.operands == (value, *others)
            assert (node.data, node.local_derivatives) == operation.compute(point)


@pytest.mark.parametrize(("name", "numpy_name"), NUMPY_NAMES.items())
def test_methods_answer_to_numpys_name_too(name, numpy_name):
    for _, point in sample_points(name):
        value, *others = map(Value, point)
        assert getattr(value, numpy_name)(*others).data == pytest.approx(getattr(np, numpy_name)(*point), rel=1e-13)


@each_operation
def test_gradcheck_passes(name):
    for operation, point in sample_points(name, 2):
        comparisons = gradcheck(lambda *values, operation=operation: Value.apply(operation, values), point)
        assert len(comparisons) == len(point)


@each_operation
def test_nan_is_passed_on(name):
    """By operations on one number; a `where` or a power of 1 may drop an operand."""
    for operation, point in sample_points(name, 1):
        if len(point) == 1:
            node = Value.apply(operation, [math.nan])
            assert math.isnan(node.data), operation


NASTY = [0.0, -0.0, 0.5, 1.0, 2.0, 3.0, 5e-324, 1e-300, 1e-9, 35.0, 745.0, 1e4, 1e155, 1.7e308]
NASTY += [-number for number in NASTY]


def nasty_points(n_operands):
    """Every pair of such numbers; of more operands a few hundred."""
    if n_operands <= 2:
        return map(list, itertools.product(NASTY, repeat=n_operands))
    return (Random(i).choices(NASTY, k=n_operands) for i in range(300))


@each_operation
def test_finite_operands_give_a_number_or_a_refusal_that_says_why(name):
    """Never nan, never a complex; only a result raises, with the operation, its needs and the operands in words."""
    function = getattr(operations, name)
    for operation, (point, *_) in samples(name, 1):
        for numbers in nasty_points(len(point)):
            arranged = operation.arranged(numbers)
            try:
                node = Value.apply(operation, numbers)
            except (ValueError, ZeroDivisionError, OverflowError) as error:
                _check_refusal(error, name, numbers)
                with pytest.raises(type(error), match=f"^{re.escape(str(error))}$"):
                    function(*arranged, **operation.constants)
                continue
            assert type(node.data) is float
            assert not math.isnan(node.data), (operation, numbers)
            assert len(node.local_derivatives) == len(numbers)
            assert all(type(derivative) is float for derivative in node.local_derivatives)
            assert function(*arranged, **operation.constants) == node.data


def _check_refusal(error, name, numbers):
    entry, message = OPERATIONS[name], str(error)
    if type(error) is OverflowError:
        assert message.startswith(f"{name} gives a number too large for a float; got ")
    else:
        assert entry.domain, f"{name} raises {error!r} and says no domain"
        assert message.startswith(f"{name} needs {entry.domain}; got ")
    if not entry.many:
        for operand, number in zip(entry.operand_names, numbers, strict=True):
            assert f"{operand} = {number:.6g}" in message


@each_operation
def test_arrays_are_as_good_at_the_extremes_as_floats(name):
    """Wherever floats give a number, arrays give the same one, and the same derivatives: inf and nan included."""
    entry = OPERATIONS[name]
    for operation, (point, *_) in samples(name, 1):
        nodes = []
        for numbers in nasty_points(len(point)):
            with contextlib.suppress(ValueError, ArithmeticError):
                nodes.append(Value.apply(operation, numbers))
        columns = operation.arranged(list(np.array([[x.data for x in node.operands] for node in nodes]).T))
        with np.errstate(all="ignore"):
            result, derivatives = operation.rule(Arrays(np), *columns)
            # The rounding error of a sum comes from its terms, and how they are added up differs from Python to Python.
            size, _ = operation.rule(Arrays(np), *[np.abs(each) for each in columns]) if entry.many else (result, ())
        rows = [np.broadcast_to(each, len(nodes)) for each in per_member(columns, derivatives)]
        expected = np.array([node.data for node in nodes])
        finite = np.isfinite(expected)
        np.testing.assert_array_equal(result[~finite], expected[~finite])
        assert np.all(np.abs(result[finite] - expected[finite]) <= 1e-12 * np.abs(size[finite]))
        np.testing.assert_allclose(np.transpose(rows), [node.local_derivatives for node in nodes], rtol=1e-12)
