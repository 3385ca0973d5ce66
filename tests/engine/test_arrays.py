"""Rules on arrays of several libraries, and what is supplied where a library lacks a function."""

import math
import os
from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import array_api_strict
import mpmath
import numpy as np
import pytest

from micrograd_bp.engine.numbers.arrays import LACKING, Arrays
from micrograd_bp.engine.numbers.formulas import evaluate
from tests.problems.jax_precision import in_doubles

from .support import each_operation, per_member, samples

RANGE = np.concatenate(
    [
        np.linspace(-6.0, 28.0, 3001),
        np.geomspace(1e-300, 1.0, 100),
        -np.geomspace(1e-300, 6.0, 100),
        [0.46875, -0.46875, 4.0, -4.0, 26.5, 27.2],
    ]
)


@pytest.fixture(params=["array_api_strict", "jax.numpy", "numpy", *(["torch"] if find_spec("torch") else [])])
def xp(request):
    """A library, in double precision. PyTorch is heavy, and takes part where it is installed."""
    with in_doubles():
        yield import_module(request.param)


@each_operation
def test_rules_give_the_same_on_all_libraries(name, xp):
    """By the rule, and by its trace, whose literals are plain numbers."""
    for operation, points in samples(name):
        columns = operation.arranged([xp.asarray(column) for column in np.array(points).T])
        computed = [operation.compute(point) for point in points]
        result, derivatives = operation.rule(Arrays(xp), *columns)
        environment = dict(zip(operation.trace.symbols.values(), columns, strict=True))
        environment |= {symbol: operation.constants[each] for each, symbol in operation.trace.constants.items()}
        formulas = [operation.trace.derivatives[each] for each in operation.operand_names]
        with np.errstate(all="ignore"):
            traced, *traced_derivatives = evaluate([operation.trace.result, *formulas], environment, Arrays(xp))
        for value, slopes in ((result, derivatives), (traced, traced_derivatives)):
            np.testing.assert_allclose(np.asarray(value), [data for data, _ in computed], rtol=1e-13, atol=1e-15)
            rows = [np.broadcast_to(np.asarray(each), len(points)) for each in per_member(columns, slopes)]
            np.testing.assert_allclose(np.transpose(rows), [each for _, each in computed], rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", [name for name in LACKING if name != "fmod"])
def test_functions_that_a_library_lacks_are_right_to_the_last_digits(name):
    """Within 4 units in the last place, of 50 digits."""
    exactly = {
        "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
        "exp2": lambda x: mpmath.mpf(2) ** x,
        "degrees": mpmath.degrees,
        "radians": mpmath.radians,
        "erf": mpmath.erf,
        "erfc": mpmath.erfc,
    }[name]
    supplied = LACKING[name](Arrays(np), RANGE)
    with mpmath.workdps(50):
        for x, ours in zip(RANGE.tolist(), supplied.tolist(), strict=True):
            theirs = exactly(mpmath.mpf(x))
            assert abs(ours - theirs) <= max(8 * 2.0**-53 * abs(theirs), 1e-307), (x, ours, theirs)


def test_functions_that_a_library_lacks_are_right_at_the_ends():
    ends, xp = np.array([math.inf, -math.inf, math.nan, 0.0]), Arrays(np)
    with np.errstate(all="ignore"):
        np.testing.assert_equal(LACKING["erf"](xp, ends), [1.0, -1.0, math.nan, 0.0])
        np.testing.assert_equal(LACKING["erfc"](xp, ends), [0.0, 2.0, math.nan, 1.0])
        np.testing.assert_equal(LACKING["cbrt"](xp, ends), [math.inf, -math.inf, math.nan, 0.0])
        np.testing.assert_allclose(LACKING["cbrt"](xp, np.array([1e-300, -8e300])), [1e-100, -2e100], rtol=1e-15)


@pytest.mark.parametrize("name", [name for name in LACKING if name != "fmod"])
def test_functions_that_a_library_lacks_keep_single_precision(name):
    single = LACKING[name](Arrays(np), RANGE[:3001].astype(np.float32))
    assert single.dtype == np.float32
    with np.errstate(under="ignore"):
        np.testing.assert_allclose(single, LACKING[name](Arrays(np), RANGE[:3001]), rtol=5e-4, atol=1e-37)


def test_a_function_that_nobody_has_is_named():
    with pytest.raises(AttributeError, match="nothing has no function 'tanh', as the array API standard asks for"):
        Arrays(SimpleNamespace(__name__="nothing")).tanh(np.zeros(2))


@pytest.mark.parametrize("name", ["pow", "atan2", "hypot", "maximum", "minimum", "greater", "less_equal"])
def test_plain_numbers_go_with_arrays(name, xp):
    function, array = getattr(Arrays(xp), name), np.array([0.5, 2.0, 3.0])
    for operands in ((xp.asarray(array), 2.0), (2.0, xp.asarray(array))):
        theirs = getattr(Arrays(np), name)(*[np.asarray(each) for each in operands])
        np.testing.assert_allclose(np.asarray(function(*operands)), theirs, rtol=1e-14)


def test_choices_between_plain_numbers_are_of_the_type_of_the_condition(xp):
    arrays, single = Arrays(xp), xp.asarray([1.0, -1.0], dtype=xp.float32)
    condition = arrays.greater(single, 0.0)
    chosen = arrays.where(condition, 0.1, 0.2)
    assert condition.dtype == chosen.dtype == xp.float32
    np.testing.assert_array_equal(np.asarray(chosen), np.array([0.1, 0.2], dtype=np.float32))
    np.testing.assert_array_equal(np.asarray(arrays.where(1.0, single, 0.0)), [1.0, -1.0])


def test_plain_numbers_stay_plain():
    arrays = Arrays(array_api_strict)
    assert arrays.greater(2.0, 1.0) == 1.0
    assert arrays.where(0.0, 1.0, 2.0) == 2.0


def test_logsumexp_takes_several_plain_numbers_before_an_array() -> None:
    found = Arrays(array_api_strict).logsumexp([0.0, 0.0, array_api_strict.asarray([0.0, math.log(2.0)])])
    np.testing.assert_allclose(np.asarray(found), np.log([3.0, 4.0]))
