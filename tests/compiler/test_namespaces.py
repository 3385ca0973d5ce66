"""`program.namespace(xp)`: any namespace of the array API standard gives what the scalar engine gives."""

import linecache
import math
import re
from importlib import import_module
from importlib.util import find_spec
from random import Random

import array_api_strict as strict
import numpy as np
import pytest

from micrograd_bp import Value, compile, logsumexp
from tests.counts import count
from tests.problems.agreement import by_engine, check, compiled, distance
from tests.problems.functions import FORMS, by_function, check_function, random_programs
from tests.problems.line import INPUTS, TARGETS, a_line
from tests.problems.patterns import PATTERNS, Drawer
from tests.problems.small_network import gelu_program

N_BLOCKS, BLOCK = count(2, 5), 60
NUMBERS = [2.0, 3.0, 1.0]


@pytest.fixture(params=["array_api_strict", *(["torch"] if find_spec("torch") else [])])
def xp(request):
    """A library. PyTorch is heavy, and takes part where it is installed."""
    return import_module(request.param)


# ---- the same numbers


@pytest.mark.parametrize("block", range(N_BLOCKS))
def test_random_graphs_answer_as_the_engine_does(xp, block, table):
    for problem, program in random_programs(range(block * BLOCK, (block + 1) * BLOCK)):
        check_function(problem, program.namespace(xp))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_regular_graphs_answer_as_the_engine_does(xp, pattern, form):
    problem = Drawer(Random(pattern)).problem(PATTERNS[pattern])
    check_function(problem, compiled(problem, form=form).namespace(xp))


@pytest.mark.parametrize("form", FORMS)
def test_numpy_is_such_a_namespace(form):
    problem = Drawer(Random(0)).problem(PATTERNS["classifier"])
    check_function(problem, compiled(problem, form=form).namespace(np))


def test_a_wrong_answer_is_told_from_a_right_one(xp):
    problem = Drawer(Random(0)).problem(PATTERNS["network"])
    theirs, function = by_engine(problem), compiled(problem).namespace(xp)
    wrong = by_function(problem._replace(numbers=problem.numbers + 1e-9), function)
    assert distance(problem, wrong._replace(d_inputs=theirs.d_inputs), theirs) > 1.0


@pytest.mark.parametrize("form", FORMS)
def test_what_is_not_finite_comes_out_as_on_numpy(xp, form):
    """Nothing raises, and a logsumexp with an infinite term is infinite."""
    x, w = [Value(0.0), Value(0.0)], Value(1.0)
    program = compile(logsumexp(x) + w.log(), inputs={"X": x}, parameters=[w], form=form, check=False)
    function = program.namespace(xp)
    for row in ([math.inf, 0.0], [-math.inf, -math.inf], [-math.inf, 1.0], [math.nan, 0.0], [710.0, 720.0]):
        for number in (1.0, 0.0, -1.0):
            program.parameters = [number]
            value, gradient = function(program.parameters, np.array([row]))
            expected = program.value_and_gradient(np.array([row]))
            np.testing.assert_allclose(np.append(gradient, value), [*expected[1], expected[0]], rtol=1e-14)


# ---- what goes in and what comes out


@pytest.mark.parametrize("form", FORMS)
def test_arrays_of_the_library_come_back(xp, form):
    function = gelu_program(form=form).namespace(xp)
    parameters = xp.asarray(gelu_program().parameters)
    value, gradient = function(parameters, xp.asarray(INPUTS), xp.asarray(TARGETS))
    predicted = function.predict(parameters, xp.asarray(INPUTS))["score"]
    kind = type(xp.asarray(0.0))
    assert type(value) is type(gradient) is type(predicted) is kind
    assert value.dtype == gradient.dtype == predicted.dtype == xp.float64
    assert (tuple(value.shape), tuple(gradient.shape), tuple(predicted.shape)) == ((), (17,), (3, 1))


def test_single_precision_stays_single(xp):
    program = gelu_program(dtype="float32")
    function = program.namespace(xp)
    value, gradient = function(program.parameters, INPUTS, TARGETS)
    assert value.dtype == gradient.dtype == function.predict(program.parameters, INPUTS)["score"].dtype == xp.float32
    expected = program.value_and_gradient(INPUTS, TARGETS)
    np.testing.assert_allclose(float(value), expected[0], rtol=1e-5)
    np.testing.assert_allclose(np.asarray(gradient), expected[1], rtol=1e-4, atol=1e-6)


def test_lists_whole_numbers_and_single_columns_are_taken(xp):
    function = a_line()[0].namespace(xp)
    expected = a_line()[0].value_and_gradient(INPUTS, TARGETS)
    for given in (
        (NUMBERS, INPUTS, TARGETS),
        ([2, 3, 1], INPUTS.tolist(), [1, 0, 2]),
        (NUMBERS, INPUTS.astype(int), TARGETS.astype(np.float32)),
    ):
        value, gradient = function(*given)
        assert float(value) == expected[0]
        np.testing.assert_array_equal(np.asarray(gradient), expected[1])
    by_name = function(NUMBERS, T=TARGETS, X=INPUTS)
    assert float(by_name[0]) == expected[0]


def test_nothing_that_was_given_changes(xp):
    program = gelu_program()
    function = program.namespace(xp)
    given = [xp.asarray(np.array(each)) for each in (program.parameters, INPUTS, TARGETS)]
    before = [np.asarray(each).copy() for each in given]
    function(*given)
    for each, was in zip(given, before, strict=True):
        np.testing.assert_array_equal(np.asarray(each), was)
    program.parameters = np.zeros(17)
    assert float(function(*given)[0]) == pytest.approx(gelu_program().value_and_gradient(INPUTS, TARGETS)[0])


@pytest.mark.parametrize("form", FORMS)
def test_everything_happens_where_the_parameters_are(form):
    """The strict library has a second device, and refuses to mix arrays of two."""
    device = strict.Device("device1")
    problem = Drawer(Random("pruned")).problem(PATTERNS["pruned"])
    function = compiled(problem, form=form).namespace(strict)
    here, there = strict.asarray(problem.numbers), strict.asarray(problem.numbers, device=device)
    for parameters in (here, there, here):
        value, gradient = function(parameters, *problem.batch.values())
        assert value.device == gradient.device == parameters.device
    check_function(problem, function)


# ---- what is refused


@pytest.mark.parametrize("module", [math, "torch", None, np.zeros(3)])
def test_what_is_no_namespace_is_refused(module):
    with pytest.raises(TypeError, match="expected a module of array functions that follows the array API standard"):
        a_line()[0].namespace(module)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((NUMBERS[:2], INPUTS, TARGETS), "the parameters are a flat array of 3 numbers, got the shape (2,)"),
        ((NUMBERS, INPUTS[:, :1], TARGETS), "the input X needs the shape (samples, 2), got (3, 1)"),
        ((NUMBERS, INPUTS[0], TARGETS), "the input X needs the shape (samples, 2), got (2,): encode labels one-hot"),
        ((NUMBERS, INPUTS[:2], TARGETS), "the inputs have different numbers of samples: X 2, T 3"),
        ((NUMBERS, INPUTS[:0], TARGETS[:0]), "a batch needs at least one sample"),
    ],
)
def test_wrong_shapes_are_refused(xp, given, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        a_line()[0].namespace(xp)(*given)


def test_missing_and_unknown_inputs_are_refused(xp):
    function = a_line()[0].namespace(xp)
    with pytest.raises(TypeError, match="the input T is missing; this program takes: X, T"):
        function(NUMBERS, INPUTS)
    with pytest.raises(TypeError, match=r"this program takes 1 inputs \(X\), got 2"):
        function.predict(NUMBERS, INPUTS, TARGETS)
    with pytest.raises(TypeError, match="this program has no input 'Y'"):
        function(NUMBERS, INPUTS, TARGETS, Y=TARGETS)


def test_there_is_nothing_to_predict_without_outputs(xp):
    program = compile(Value(1.0) * Value(2.0), parameters=[], check=False)
    with pytest.raises(ValueError, match="this program has no outputs"):
        program.namespace(xp).predict([])


# ---- how it reads


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_source_changes_nothing_in_place(pattern):
    program = check(Drawer(Random(pattern)).problem(PATTERNS[pattern]), form="matrices")
    source = program.namespace(strict).source
    assert not re.search(r"\+=|\] =|\bnp\b|\.at\b", source)
    assert "def value_and_gradient(parameters" in source


def test_the_source_of_a_network_reads_like_the_one_for_numpy():
    lines = gelu_program().namespace(strict).source.splitlines()
    assert "    z0 = X @ W0 + b0                                          # (batch, 4)" in lines
    assert "    d_W0 = X.T @ d_z0                                         # (2, 4)" in lines


def test_a_debugger_finds_the_source():
    program = a_line()[0]
    function = program.namespace(strict)
    assert function.filename != program.filename
    assert linecache.getlines(function.filename) == function.source.splitlines(keepends=True)
