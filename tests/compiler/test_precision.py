"""Single precision on request: every array is of that type, and the numbers are right to seven digits."""

import re
from random import Random

import numpy as np
import pytest

from micrograd_bp import Value, compile, where
from micrograd_bp.compiler import compile as compile_from_package
from tests.counts import count
from tests.problems.agreement import by_engine, by_program, compiled, sensitivity
from tests.problems.line import INPUTS, TARGETS
from tests.problems.patterns import PATTERNS, Drawer
from tests.problems.small_network import gelu_program


def test_arrays_are_single():
    program = gelu_program(dtype="float32")
    value, gradient, d_inputs = program.value_and_gradient(INPUTS, TARGETS, with_respect_to="X")
    assert type(value) is float
    for array in (gradient, d_inputs, program.parameters, program.predict(INPUTS)["score"]):
        assert array.dtype == np.float32


def test_numbers_are_right_to_single_precision():
    single, double = gelu_program(dtype="float32"), gelu_program(dtype="float64")
    ours = single.value_and_gradient(INPUTS, TARGETS, with_respect_to="X")
    theirs = double.value_and_gradient(INPUTS, TARGETS, with_respect_to="X")
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6 * np.max(np.abs(b)))
    assert ours[0] != theirs[0]
    np.testing.assert_allclose(single.predict(INPUTS)["score"], double.predict(INPUTS)["score"], rtol=1e-5)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_numbers_are_as_right_as_single_precision_can_be(pattern):
    """Within 16 roundings of everything on the way, of which each is 2^-24."""
    for seed in range(count(1, 3)):
        problem = Drawer(Random(f"{pattern} {seed}")).problem(PATTERNS[pattern])
        ours = by_program(problem, compiled(problem, dtype="float32"))
        for a, b, most in zip(ours, by_engine(problem), sensitivity(problem), strict=True):
            assert np.all(np.abs(a - b) <= 16 * 2.0**-24 * most), f"seed {seed}: {a} and by the engine {b}"


@pytest.mark.parametrize(
    "function",
    [
        lambda x, w: x.erf() * w + x.gelu() + w.erfc() * x,
        lambda x, w: where(x.greater(0.0), w * x, x) + x.floor() * w + x.equal(w),
        lambda x, w: x.sigmoid() ** w + 3 * x.leaky_relu() + 2.0 / (1.5 + x * x) + w.tanh(),
        lambda x, w: sum([x * w**k for k in range(5)], x.maximum(w)).softplus(),
    ],
)
def test_nothing_on_the_way_is_double(function):
    """Numbers that are written in a program, and functions that NumPy lacks, do not widen what they touch."""
    x, w = Value(0.5), Value(0.75)
    y = function(x, w)
    program = compile(y, inputs={"X": [x]}, parameters=[w], outputs={"y": [y]}, dtype="float32")
    rows = np.linspace(-1.0, 1.0, 5)[:, None]
    _, gradient, d_x = program.value_and_gradient(rows, with_respect_to="X")
    assert {gradient.dtype, d_x.dtype, program.predict(rows)["y"].dtype} == {np.dtype(np.float32)}
    alone = {}
    exec(program.source, alone)
    predicted = alone["predict"](program.parameters, rows.astype(np.float32))
    assert predicted["y"].dtype == np.float32


def test_doubles_are_the_default():
    program = gelu_program(dtype="float64")
    assert program.parameters.dtype == program.value_and_gradient(INPUTS, TARGETS)[1].dtype == np.float64
    assert compile is compile_from_package


def test_a_number_too_large_for_single_precision_is_noticed():
    w = Value(1.0, label="w")
    program = compile(w * 2.0, parameters=[w], dtype="float32")
    program.parameters = [3e38]
    with pytest.raises(FloatingPointError, match=re.escape("inf")):
        program.value_and_gradient()
