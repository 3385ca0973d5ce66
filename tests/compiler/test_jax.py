"""`program.to_jax()`: a pure function that JAX compiles, maps, differentiates and spreads over devices."""

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path
from random import Random

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")  # half of the time to compile

import jax
import numpy as np
import pytest

from micrograd_bp import MLP, Value, compile, cross_entropy, dot, gradients, mse
from micrograd_bp.compiler.run import array_program
from tests.counts import count
from tests.problems.agreement import compiled
from tests.problems.functions import FORMS, check_function, random_programs
from tests.problems.jax_precision import in_doubles
from tests.problems.line import INPUTS, TARGETS, a_line
from tests.problems.patterns import PATTERNS, Drawer

ROOT = Path(__file__).parents[2]
N_BLOCKS, BLOCK = count(1, 5), count(4, 60)
SOME_PATTERNS = ["residual", "convolution", "recurrent", "classifier", "pruned", "random_skips"][: count(2, 6)]
NUMBERS = np.array([2.0, 3.0, 1.0])


@pytest.fixture
def doubles():
    """JAX computes in double precision, for as long as a test runs."""
    with in_doubles():
        yield


@pytest.fixture
def singles():
    """JAX computes in single precision, as it does where nobody has asked for more."""
    with in_doubles(False):
        yield


def classifier(form="auto", **options):
    """A program of two layers with the cross-entropy, and a batch for it."""
    network = MLP(2, [5, 3], activation="tanh", rng=0)
    x, t = [Value(0.5), Value(-0.5)], [Value(1.0), Value(0.0), Value(0.0)]
    scores = network(x)
    program = compile(
        cross_entropy(scores, t),
        inputs={"X": x, "T": t},
        parameters=network.parameters(),
        outputs={"scores": scores},
        form=form,
        **options,
    )
    random = np.random.default_rng(0)
    return program, random.normal(size=(8, 2)), np.eye(3)[random.integers(0, 3, 8)]


# ---- the same numbers


@pytest.mark.parametrize("block", range(N_BLOCKS))
def test_random_graphs_answer_as_the_engine_does(block, doubles, table):
    for problem, program in random_programs(range(block * BLOCK, (block + 1) * BLOCK)):
        check_function(problem, program.to_jax())


def test_compiled_random_graphs_answer_as_the_engine_does(doubles, table):
    for problem, program in random_programs(range(1000, 1000 + count(4, 30))):
        check_function(problem, program.to_jax(), jax.jit)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pattern", SOME_PATTERNS)
def test_compiled_regular_graphs_answer_as_the_engine_does(pattern, form, doubles):
    problem = Drawer(Random(pattern)).problem(PATTERNS[pattern])
    check_function(problem, compiled(problem, form=form).to_jax(), jax.jit)


# ---- what JAX does with functions


@pytest.mark.parametrize("form", FORMS)
def test_maps_over_parameters(form, doubles):
    program, inputs, targets = classifier(form)
    function = program.to_jax()
    several = np.random.default_rng(1).normal(size=(4, len(program.parameters)))
    values, slopes = jax.jit(jax.vmap(function, in_axes=(0, None, None)))(several, inputs, targets)
    scores = jax.jit(jax.vmap(function.predict, in_axes=(0, None)))(several, inputs)["scores"]
    for row, parameters in enumerate(several):
        program.parameters = parameters
        value, gradient = program.value_and_gradient(inputs, targets)
        np.testing.assert_allclose(values[row], value, rtol=1e-13)
        np.testing.assert_allclose(slopes[row], gradient, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(scores[row], program.predict(inputs)["scores"], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("form", FORMS)
def test_maps_over_batches(form, doubles):
    program, inputs, targets = classifier(form)
    values, _ = jax.jit(jax.vmap(program.to_jax(), in_axes=(None, 0, 0)))(
        program.parameters, inputs.reshape(2, 4, 2), targets.reshape(2, 4, 3)
    )
    np.testing.assert_allclose(values.mean(), program.value_and_gradient(inputs, targets)[0], rtol=1e-13)


@pytest.mark.parametrize("form", FORMS)
def test_differentiates_once_and_twice(form, doubles):
    """JAX's own gradient is the program's, and the derivative of that is the Hessian of the scalar engine."""
    x, w, b = Value(0.5), Value(0.75), Value(-0.25)
    loss = (w * x + b).tanh() ** 2
    slopes = gradients(loss, [w, b], create_graph=True)
    hessian = [gradients(slope, [w, b]) for slope in slopes]
    function = compile(loss, inputs={"X": [x]}, parameters=[w, b], form=form).to_jax()
    given = np.array([0.75, -0.25]), np.array([[0.5]])
    gradient = jax.jit(jax.grad(lambda *each: function(*each)[0]))(*given)
    np.testing.assert_allclose(gradient, function(*given)[1], rtol=1e-13)
    np.testing.assert_allclose(jax.jit(jax.jacfwd(lambda *each: function(*each)[1]))(*given), hessian, rtol=1e-13)
    along_input = jax.jit(jax.grad(lambda *each: function(*each)[0], argnums=1))(*given)
    np.testing.assert_allclose(along_input, [gradients(loss, [x])], rtol=1e-13)


def test_one_compiled_function_serves_batches_of_all_sizes(doubles):
    program, inputs, targets = classifier()
    function = jax.jit(program.to_jax())
    for size in (1, 3, 8, 3):
        value, _ = function(program.parameters, inputs[:size], targets[:size])
        np.testing.assert_allclose(value, program.value_and_gradient(inputs[:size], targets[:size])[0], rtol=1e-13)


@pytest.mark.parametrize("form", FORMS)
def test_tracing_leaves_nothing_behind(form, doubles):
    """A function that was traced first runs on arrays afterwards, and no traced value outlives its trace."""
    program, _ = a_line(form=form)
    function = program.to_jax()
    with jax.checking_leaks():
        traced = jax.jit(function)(NUMBERS, INPUTS, TARGETS)
    np.testing.assert_allclose(function(NUMBERS, INPUTS, TARGETS)[1], traced[1], rtol=1e-12, atol=1e-15)


def test_the_function_is_pure(doubles):
    program, _ = a_line()
    function = jax.jit(program.to_jax())
    value, _ = function(NUMBERS, INPUTS, TARGETS)
    program.parameters = NUMBERS + 1.0
    program.store()
    assert function(NUMBERS, INPUTS, TARGETS)[0] == value


@pytest.mark.parametrize("form", FORMS)
def test_sharded_samples_are_taken(form, doubles):
    """With the one device there is here; two are in the next test."""
    program, inputs, targets = classifier(form)
    mesh = jax.make_mesh((1,), ("samples",), axis_types=(jax.sharding.AxisType.Auto,))
    rows = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("samples"))
    value, gradient = jax.jit(program.to_jax())(
        program.parameters, jax.device_put(inputs, rows), jax.device_put(targets, rows)
    )
    expected = program.value_and_gradient(inputs, targets)
    np.testing.assert_allclose(value, expected[0], rtol=1e-13)
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-12, atol=1e-15)


def test_two_devices_train_as_one_does():
    """The example asserts it, in a process of its own, in which JAX has two devices."""
    example = ROOT / "examples" / "data_parallel_jax.py"
    done = subprocess.run([sys.executable, "-W", "error", str(example)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    devices = r"102 flowers over 2 devices:\n  \w+[:_]0: 51 flowers\n  \w+[:_]1: 51 flowers\n"  # cpu:0, once TFRT_CPU_0
    assert re.search(devices, done.stdout), done.stdout
    (difference,) = re.findall(r"Largest difference between the two in any of 67 parameters: (\S+)\n", done.stdout)
    assert float(difference) < 1e-12


# ---- precision


def test_doubles_that_jax_would_cut_are_warned_of(singles):
    program, inputs, targets = classifier()
    with pytest.warns(
        UserWarning, match=re.escape('jax.config.update("jax_enable_x64", True) gives it float64')
    ) as seen:
        function = program.to_jax()
    assert [each.filename for each in seen] == [__file__]
    with pytest.warns(
        UserWarning, match="this program was compiled for float64, and JAX computes with float32"
    ) as seen:
        value, gradient = function(program.parameters, inputs, targets)
    assert [each.filename for each in seen] == [__file__]
    assert value.dtype == gradient.dtype == np.float32
    expected = program.value_and_gradient(inputs, targets)
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-4, atol=1e-6)
    with pytest.warns(UserWarning, match="this program was compiled for float64"):
        assert function.predict(program.parameters, inputs)["scores"].dtype == np.float32


def test_nothing_is_warned_of_in_the_precision_that_was_asked_for(singles):
    program, inputs, targets = classifier(dtype="float32")
    function = program.to_jax()
    value, gradient = jax.jit(function)(program.parameters, inputs, targets)
    assert value.dtype == gradient.dtype == np.float32
    expected = program.value_and_gradient(inputs, targets)
    np.testing.assert_allclose(value, expected[0], rtol=1e-5)


def test_single_precision_stays_single_where_jax_has_doubles(doubles):
    program, inputs, targets = classifier(dtype="float32")
    value, gradient = jax.jit(program.to_jax())(program.parameters, inputs, targets)
    assert value.dtype == gradient.dtype == np.float32


def test_a_function_follows_when_doubles_are_turned_on(singles):
    program, inputs, targets = classifier()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        function = program.to_jax()
        single, _ = function(program.parameters, inputs, targets)
    jax.config.update("jax_enable_x64", True)
    value, _ = function(program.parameters, inputs, targets)
    assert (single.dtype, value.dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(value, program.value_and_gradient(inputs, targets)[0], rtol=1e-13)


def test_no_setting_is_changed(singles):
    before = dict(jax.config.values)
    program, inputs, targets = classifier(dtype="float32")
    program.to_jax()(program.parameters, inputs, targets)
    assert dict(jax.config.values) == before


# ---- what is refused


def test_jax_is_asked_for_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    monkeypatch.setitem(sys.modules, "jax.numpy", None)
    with pytest.raises(ImportError, match=re.escape("this takes JAX: pip install jax")):
        a_line()[0].to_jax()


def test_a_program_that_jax_would_compile_for_hours_is_refused(doubles, monkeypatch):
    monkeypatch.setattr(array_program, "MOST_STATEMENTS_IN_JAX", 1_000)
    random, w = Random(7), Value(0.5)
    y = w
    for _ in range(1_000):
        y = getattr(y, random.choice(["sin", "cos", "tanh", "sigmoid"]))()
    message = r"this program has \d,\d+ statements, which JAX would take too long to compile: it takes up to 1,000\."
    with pytest.raises(ValueError, match=message):
        compile(y, parameters=[w], form="straight line").to_jax()


@pytest.mark.parametrize("form", ["straight line", "tape"])
def test_what_would_be_too_long_is_a_scan_where_it_repeats(doubles, monkeypatch, form):
    monkeypatch.setattr(array_program, "MOST_STATEMENTS_IN_JAX", 100)
    x, a, b = Value(0.3), Value(0.9), Value(0.1)
    state = x
    for _ in range(30):
        state = ((state * a + b) * a + b).tanh()
    program = compile(state, inputs={"X": [x]}, parameters=[a, b], outputs={"state": [state]}, form=form)
    function, samples = program.to_jax(), np.array([[0.3], [0.5]])
    assert "xp.scan(" in function.source
    assert len(function.source.splitlines()) < 70
    results = zip(jax.jit(function)(program.parameters, samples), program.value_and_gradient(samples), strict=True)
    for result, expected in results:
        np.testing.assert_allclose(result, expected, rtol=1e-12)
    states = function.predict(program.parameters, samples)["state"]
    np.testing.assert_allclose(states, program.predict(samples)["state"], rtol=1e-12)


def test_labels_are_to_be_encoded(doubles):
    program, inputs, _ = classifier()
    with pytest.raises(ValueError, match=re.escape("the input T needs the shape (samples, 3), got (8,): encode")):
        jax.jit(program.to_jax())(program.parameters, inputs, np.zeros(8, int))


def test_numbers_that_are_not_finite_pass(doubles):
    w = Value(1.0)
    program = compile(mse([w.log()], [0.0]) + dot([w], [w]), parameters=[w])
    value, gradient = jax.jit(program.to_jax())(np.array([0.0]))
    assert value == np.inf
    assert not np.isfinite(gradient).any()
