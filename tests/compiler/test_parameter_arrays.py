"""Parameters as arrays by name: what a program reads them as, and what functions on arrays take and give."""

import warnings
from random import Random

import jax
import numpy as np
import pytest

from micrograd_bp import MLP, Value, compile, cross_entropy, mse
from tests.problems import recurrences
from tests.problems.agreement import compiled
from tests.problems.jax_precision import in_doubles
from tests.problems.patterns import PATTERNS, Drawer

X, T = np.random.default_rng(0).normal(size=(6, 2)), np.eye(3)[[0, 1, 2, 0, 1, 2]]


def classifier(loss=lambda error, network: error, **options):
    """A program of two layers."""
    network = MLP(2, [4, 3], activation="tanh", rng=0)
    x, t = [Value(0.5), Value(-0.5)], [Value(1.0), Value(0.0), Value(0.0)]
    error = loss(cross_entropy(network(x), t), network)
    return compile(error, inputs={"X": x, "T": t}, parameters=network.parameters(), **options)


def shapes(program):
    return {name: array.shape for name, array in program.parameter_arrays.items()}


LAYERS = {"W0": (2, 4), "b0": (4,), "W1": (4, 3), "b1": (3,)}


def gives_the_same(program, numbers, batch):
    """Checks the function on arrays by name against that on a flat one, which other tests compare with the engine."""
    program.parameters = numbers
    arrays, function = program.parameter_arrays, program.namespace(np)
    assert sum(array.size for array in arrays.values()) == len(numbers)
    program.parameters = np.zeros(len(numbers))
    program.parameter_arrays = arrays
    np.testing.assert_array_equal(program.parameters, numbers)
    value, gradient = function(numbers, **batch)
    same_value, gradients = function(arrays, **batch)
    np.testing.assert_allclose(same_value, value, rtol=1e-12)
    assert {name: array.shape for name, array in gradients.items()} == shapes(program)
    program.parameter_arrays = gradients
    np.testing.assert_allclose(program.parameters, gradient, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_all_patterns(pattern):
    problem = Drawer(Random(pattern)).problem(PATTERNS[pattern])
    gives_the_same(compiled(problem, form="auto"), problem.numbers, problem.batch)


@pytest.mark.parametrize("seed", range(8))
def test_recurrences(seed):
    problem = recurrences.random_recurrence(seed)
    program = compile(problem.loss, problem.inputs, problem.parameters, form="matrices")
    gives_the_same(program, problem.numbers, problem.batch)


def test_weights_that_alternate_from_a_state_that_is_a_parameter_too():
    draw = recurrences.Draw(1)
    (h,), w, x = draw.vector(1), draw.vector(2), draw.leaves(13)
    for t, each in enumerate(x):
        h = (w[t % 2] * h + each).tanh()
    problem = draw.problem(h * h, X=x)
    program = compiled(problem, form="matrices")
    gives_the_same(program, problem.numbers, problem.batch)
    assert sorted(shapes(program).values()) == [(), (2,)]


def test_each_layer_has_its_own():
    assert shapes(classifier()) == LAYERS
    assert shapes(classifier(lambda error, network: error + sum(p * p for p in network.parameters()))) == LAYERS


def test_layers_of_a_loop_are_one():
    x = [Value(0.1), Value(0.2)]
    network = MLP(2, [2] * 12 + [1], activation="tanh", rng=0)
    program = compile(network(x) ** 2, inputs={"X": x}, parameters=network.parameters())
    assert shapes(program) == {"W0": (12, 2, 2), "b0": (12, 2), "W12": (2, 1), "b12": ()}
    np.testing.assert_array_equal(
        program.parameter_arrays["W0"][3], np.reshape(program.parameters[18:24], (2, 3))[:, :2].T
    )
    gives_the_same(program, program.parameters, {"X": X})


def test_what_overlaps_or_belongs_to_no_array_is_flat():
    p = [Value(float(number)) for number in range(20)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the loss does not depend on the last one
        program = compile(sum((p[i + 1] - p[i] ** 2) ** 2 for i in range(18)), parameters=p)
    assert shapes(program) == {"parameters": (20,)}
    gives_the_same(program, program.parameters, {})
    assert shapes(classifier(form="straight line")) == {"parameters": (27,)}
    assert shapes(compile(Value(2.0) * 3.0, parameters=[])) == {"parameters": (0,)}


def test_on_jax_it_is_a_tree():
    with in_doubles():
        program = classifier()
        step, parameters = jax.jit(program.to_jax()), program.parameter_arrays
        first, _ = step(parameters, X, T)
        for _ in range(20):
            value, gradient = step(parameters, X, T)
            parameters = jax.tree.map(lambda number, slope: number - 0.1 * slope, parameters, gradient)
        assert value < first
        program.parameter_arrays = parameters
        np.testing.assert_allclose(program.value_and_gradient(X, T)[0], step(parameters, X, T)[0], rtol=1e-13)
        two = {name: np.stack([array] * 2) for name, array in program.parameter_arrays.items()}
        values, _ = jax.vmap(program.to_jax(), in_axes=(0, None, None))(two, X, T)
        np.testing.assert_allclose(values, [program.value_and_gradient(X, T)[0]] * 2, rtol=1e-13)


def test_predicts_and_computes_in_single_precision():
    x = [Value(0.1), Value(0.2)]
    network = MLP(2, [3, 1], rng=0)
    y = network(x)
    program = compile(
        mse([y], [1.0]), inputs={"X": x}, parameters=network.parameters(), outputs={"y": [y]}, dtype="float32"
    )
    function = program.namespace(np)
    _, gradient = function(program.parameter_arrays, X)
    assert {array.dtype for array in gradient.values()} == {np.dtype("float32")}
    np.testing.assert_allclose(
        function.predict(parameters=program.parameter_arrays, X=X)["y"], program.predict(X)["y"], rtol=1e-6
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W1": None}, r"a mapping of the arrays W0 \(2, 4\), .*; got W0, b0, b1"),
        ({"W2": np.zeros(3)}, "; got W0, b0, W1, b1, W2"),
        ({"W0": np.zeros((4, 2))}, r"the parameters W0 need the shape \(2, 4\), got \(4, 2\)"),
        ({"b0": 0.0}, r"the parameters b0 need the shape \(4,\), got \(\)"),
    ],
)
def test_other_arrays_are_refused(change, message):
    program = classifier()
    before = program.parameters
    arrays = {name: array for name, array in (program.parameter_arrays | change).items() if array is not None}
    with pytest.raises(ValueError, match=message):
        program.namespace(np)(arrays, X, T)
    with pytest.raises(ValueError, match=message):
        program.parameter_arrays = arrays
    np.testing.assert_array_equal(program.parameters, before)


def test_what_is_no_mapping_of_numbers_is_refused():
    program = classifier()
    with pytest.raises(TypeError, match="the parameters: expected real numbers"):
        program.parameter_arrays = program.parameter_arrays | {"W0": "x"}
    with pytest.raises(ValueError, match=r"a mapping of the arrays W0 .*; got ndarray"):
        program.parameter_arrays = program.parameters
    with pytest.raises(ValueError, match=r"a mapping of the arrays W0 .*; got an empty one"):
        program.namespace(np)({}, X, T)
