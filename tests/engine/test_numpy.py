"""Values beside NumPy: scalars, object arrays, NumPy's functions."""

import math
import operator

import numpy as np
import pytest

from micrograd_bp.engine import OPERATIONS, Value, gradients
from micrograd_bp.engine.operations import tanh
from tests.cases import each_case

from .support import refused, sample_points

SCALARS = [np.float64(3), np.float32(3), np.float16(3), np.longdouble(3), np.int64(3), np.uint8(3), np.bool_(True)]
OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


@pytest.mark.parametrize("scalar", SCALARS, ids=lambda scalar: type(scalar).__name__)
@pytest.mark.parametrize("act", OPERATORS)
def test_scalars_on_either_side_of_every_operator(act, scalar):
    v, x = Value(0.7), float(scalar)
    for node, number in ((act(v, scalar), act(0.7, x)), (act(scalar, v), act(x, 0.7))):
        assert type(node) is Value
        assert type(node.data) is float
        assert node.data == pytest.approx(number, rel=1e-15)
        assert v in node.operands


@pytest.mark.parametrize("scalar", SCALARS, ids=lambda scalar: type(scalar).__name__)
def test_scalars_compare_with_values(scalar):
    v = Value(0.7)
    assert v < scalar
    assert scalar > v
    assert not scalar <= v
    assert not v >= scalar
    assert v != scalar


@pytest.mark.parametrize("act", OPERATORS)
def test_an_array_beside_a_value_is_handled_element_by_element(act):
    v, array = Value(0.7), np.array([[1.0, 2.0], [3.0, 4.0]])
    for result, numbers in ((act(v, array), act(0.7, array)), (act(array, v), act(array, 0.7))):
        assert result.shape == (2, 2)
        assert all(type(node) is Value and v in node.operands for node in result.flat)
        np.testing.assert_allclose([node.data for node in result.flat], numbers.ravel(), rtol=1e-15)


def test_an_array_beside_a_value_is_compared_element_by_element():
    v, array = Value(2.0), np.array([1.0, 2.0, 3.0])
    assert (array < v).tolist() == [True, False, False]
    assert (v <= array).tolist() == [False, True, True]
    assert (v == array).tolist() == [False, False, False]


@pytest.fixture
def arrays():
    """An array of Values, and its numbers."""
    numbers = np.array([[0.3, -1.2, 2.0], [0.7, 0.1, -0.4]])
    return np.array([[Value(number) for number in row] for row in numbers]), numbers


def data(array):
    return np.vectorize(lambda value: value.data, otypes=[float])(array)


@pytest.mark.parametrize(
    "function",
    [
        np.exp,
        np.tanh,
        np.square,
        np.negative,
        abs,
        lambda a: a @ a.T,
        lambda a: a.T.dot(a),
        lambda a: a * a + 2.0 * a,
        lambda a: np.arange(6.0).reshape(2, 3) / (a + 3.0),
        lambda a: np.ones((4, 2)) @ a,
        np.sum,
        lambda a: np.sum(a, axis=0),
        np.prod,
        np.mean,
        lambda a: np.mean(a, axis=1),
        np.var,
        lambda a: a.var(axis=1, ddof=1),
        lambda a: np.einsum("ij,kj->ik", a, a),
        lambda a: np.einsum("ij->", a),
        np.cumsum,
        lambda a: np.outer(a, a),
        lambda a: np.max(a, axis=1),
        np.sort,
        lambda a: np.where(a > 0.0, a, -a),
        lambda a: np.concatenate([a, a])[::2],
        lambda a: np.hypot(a, 2.0 * a),
        lambda a: np.linalg.norm(a),
    ],
)
def test_object_arrays_of_values(arrays, function):
    values, numbers = arrays
    result = function(values)
    np.testing.assert_allclose(data(result), function(numbers), rtol=1e-13)


def test_gradients_flow_through_array_arithmetic(arrays):
    values, numbers = arrays
    loss = np.mean((values @ np.array([1.0, -2.0, 0.5]) - 1.0) ** 2)
    residual = numbers @ [1.0, -2.0, 0.5] - 1.0
    np.testing.assert_allclose(
        np.reshape(gradients(loss, list(values.flat)), (2, 3)), np.outer(residual, [1.0, -2.0, 0.5]), rtol=1e-13
    )


NUMPYS_FUNCTIONS = [
    (name, numpy_name)
    for name, entry in OPERATIONS.items()
    if not (entry.many or entry.trace.constants)
    for numpy_name in (name, *entry.aliases)
    if any("O" in types for types in getattr(getattr(np, numpy_name, None), "types", ()))
]


def test_numpys_functions_are_among_the_names():
    assert {numpy_name for _, numpy_name in NUMPYS_FUNCTIONS} >= {"tanh", "arctan2", "log1p", "floor", "power"}


@each_case("name, numpy_name", NUMPYS_FUNCTIONS)
def test_numpys_functions_on_values(name, numpy_name):
    """Those that choose one of their operands put it in as it is; comparisons give truth, and `sign` whole numbers."""
    function = getattr(np, numpy_name)
    for operation, point in sample_points(name, 2):
        values = [Value(number) for number in point]
        result = function(*values)
        number = result.data if isinstance(result, Value) else float(result)
        assert number == pytest.approx(float(function(*point)), rel=1e-13)
        if name not in ("maximum", "minimum") and not isinstance(result, (np.bool_, int)):
            assert gradients(result, values) == pytest.approx(list(operation.compute(point)[1]), rel=1e-13)
            in_array = function(*[np.array([value, value]) for value in values])
            assert [node.data for node in in_array] == [result.data] * 2


def test_maximum_of_numpy_puts_the_operand_in_as_it_is():
    """Documented: no node is made, and a bare number may come out."""
    a, b = Value(1.0), Value(2.0)
    assert np.maximum(a, b) is b
    assert np.minimum(np.array([a]), 0.5)[0] == 0.5


def test_functions_at_edges_do_not_warn():
    """The warning of NumPy about a division by zero is no business of whoever takes a root of 0."""
    root = np.sqrt(Value(0.0))
    assert (root.data, root.local_derivatives) == (0.0, (math.inf,))
    assert np.cbrt(np.array([Value(0.0)]))[0].local_derivatives == (math.inf,)
    assert np.std(np.array([Value(2.0), Value(2.0)])).data == 0.0


@pytest.mark.parametrize(
    "cast",
    [
        lambda v: np.array([v], dtype=float),
        lambda v: np.array([v]).astype(float),
        lambda v: np.zeros(2).__setitem__(0, v),
        lambda v: np.float64(v),
        lambda v: np.add(1.0, v, dtype=float, casting="unsafe"),
    ],
)
def test_a_cast_to_float_is_refused(cast):
    with refused(TypeError, "v.data is its number"):
        cast(Value(1.0))


@pytest.mark.parametrize("function", [np.isnan, np.isfinite, np.logaddexp])
def test_functions_that_know_floats_only_are_refused(function):
    with pytest.raises(TypeError):
        function(*[Value(1.0)] * function.nin)


def test_own_functions_take_no_arrays():
    """They do not swallow one into a Value either."""
    for given in (np.array([1.0, 2.0]), np.array(1.0), np.array([Value(1.0)])):
        with refused(TypeError, "expected a real number, got ndarray"):
            tanh(given)
        with refused(TypeError, "expected a real number, got ndarray"):
            Value(1.0).maximum(given)
