"""The program of a network against the matrix implementation, written by hand: the same numbers to 1e-13.

Only rounding tells the two apart. It is measured against the largest entry of an array, since the small entries of a
gradient are differences of terms as large as that.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest

from micrograd_bp import SGD, Training, Value, compile, matrix, mse
from micrograd_bp.checks import matrix_to_values, values_to_matrix
from tests.counts import count
from tests.problems.problem import Array, cross_entropy_of

EQUAL = 1e-13

N_NETWORKS = count(20, 150)


class Case(NamedTuple):
    """A network of matrices, its program, and a batch."""

    network: matrix.MLP
    twin: Any
    program: Any
    inputs: Array
    targets: Array
    loss: str


def case(seed: int, *, fused: bool = True) -> Case:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 9, size=rng.integers(2, 5)).tolist()
    network = matrix.MLP()
    for n_inputs, n_neurons in pairwise(sizes):
        activation = str(rng.choice(list(matrix.ACTIVATIONS)))
        # Small enough that neurons do not saturate: there the rule's 1 - tanh² keeps fewer digits than the matrices'.
        network.add_layer(matrix.DenseLayer(n_inputs, n_neurons, activation, init_scale=0.5, rng=rng))
        network.layers[-1].biases = 0.5 * rng.normal(size=n_neurons)
    # The cross-entropy of a single class is 0, which rounding alone moves.
    loss = str(rng.choice(["mse", "softmax_cross_entropy"])) if sizes[-1] > 1 else "mse"
    n_samples = int(rng.integers(1, 40))
    targets = rng.normal(size=(n_samples, sizes[-1]))
    if loss == "softmax_cross_entropy":
        targets = rng.dirichlet(np.ones(sizes[-1]), size=n_samples)
    twin = matrix_to_values(network)
    for layer in twin.layers:
        for neuron in layer.neurons:
            neuron.fused = fused
    return Case(network, twin, program_of(twin, loss), rng.normal(size=(n_samples, sizes[0])), targets, loss)


def program_of(twin: Any, loss: str) -> Any:
    x = [Value(0.5) for _ in range(twin.layers[0].nin)]
    t = [Value(1.0 / len(twin.layers[-1].neurons)) for _ in twin.layers[-1].neurons]
    outputs = np.atleast_1d(twin(x)).tolist()
    value = mse([outputs], [t]) if loss == "mse" else cross_entropy_of(outputs, t)
    return compile(value, inputs={"X": x, "T": t}, parameters=twin.parameters(), outputs={"outputs": outputs})


def as_matrices(network: matrix.MLP, flat: Array) -> list[Array]:
    """What belongs to the weights and the biases of each layer, out of one flat array: neuron after neuron."""
    arrays, start = [], 0
    for layer in network.layers:
        count = layer.n_neurons * (layer.n_inputs + 1)
        rows = flat[start : start + count].reshape(layer.n_neurons, layer.n_inputs + 1)
        arrays += [rows[:, :-1].T, rows[:, -1]]
        start += count
    assert start == len(flat)
    return arrays


def by_matrix(case: Case) -> list[Array]:
    """The loss, the prediction, d_inputs, then d_weights and d_biases of each layer."""
    loss_of, gradient_of = matrix.LOSSES[case.loss]
    prediction = case.network.forward(case.inputs)
    d_inputs = case.network.backward(gradient_of(prediction, case.targets))
    value = np.array(loss_of(prediction, case.targets))
    return [
        value,
        prediction,
        d_inputs,
        *[g for layer in case.network.layers for g in (layer.d_weights, layer.d_biases)],
    ]


def by_program(case: Case) -> list[Array]:
    """The same, in the same order."""
    value, gradient, d_inputs = case.program.value_and_gradient(case.inputs, case.targets, with_respect_to="X")
    prediction = case.program.predict(case.inputs)["outputs"]
    return [np.array(value), prediction, d_inputs, *as_matrices(case.network, gradient)]


def distance(case: Case) -> float:
    ours, theirs = by_program(case), by_matrix(case)
    assert [a.shape for a in ours] == [b.shape for b in theirs]
    # NumPy's maximum, since Python's passes over nan; 1e-3 for an array of gradients that all but vanish.
    return float(
        np.max([np.max(np.abs(a - b)) / max(np.max(np.abs(b)), 1e-3) for a, b in zip(ours, theirs, strict=True)])
    )


@pytest.mark.parametrize("fused", [True, False])
def test_random_networks_agree(fused: bool) -> None:
    distances = [distance(case(seed, fused=fused)) for seed in range(N_NETWORKS)]
    assert np.max(distances) < EQUAL


def test_the_network_of_the_readme_agrees() -> None:
    rng = np.random.default_rng(0)
    network = matrix.MLP(
        [
            matrix.DenseLayer(2, 16, "relu", init_scale=0.7, rng=rng),
            matrix.DenseLayer(16, 16, "relu", init_scale=0.3, rng=rng),
            matrix.DenseLayer(16, 1, "linear", init_scale=0.3, rng=rng),
        ]
    )
    twin = matrix_to_values(network)
    inputs = rng.normal(size=(200, 2))
    targets = np.sin(inputs[:, :1]) * inputs[:, 1:]
    assert distance(Case(network, twin, program_of(twin, "mse"), inputs, targets, "mse")) < EQUAL


def test_a_wide_network_agrees() -> None:
    rng = np.random.default_rng(1)
    network = matrix.MLP(
        [
            matrix.DenseLayer(64, 32, "tanh", init_scale=0.1, rng=rng),
            matrix.DenseLayer(32, 10, "linear", init_scale=0.2, rng=rng),
        ]
    )
    twin = matrix_to_values(network)
    inputs, targets = rng.normal(size=(100, 64)), rng.dirichlet(np.ones(10), size=100)
    loss = "softmax_cross_entropy"
    assert distance(Case(network, twin, program_of(twin, loss), inputs, targets, loss)) < EQUAL


@pytest.mark.parametrize("seed", range(4))
def test_a_training_run_stays_equal(seed: int) -> None:
    """Rounding differences grow with each step, so 1e-13 holds for a single one."""
    at_work = case(seed)
    loss_of, gradient_of = matrix.LOSSES[at_work.loss]
    training = Training(at_work.program, SGD(0.05), at_work.inputs, at_work.targets)
    for _ in range(30):
        prediction = at_work.network.forward(at_work.inputs)
        expected = float(loss_of(prediction, at_work.targets))
        at_work.network.backward(gradient_of(prediction, at_work.targets))
        at_work.network.gradient_descent_step(lr=0.05)
        assert training.step() == pytest.approx(expected, rel=1e-11)
    at_work.program.store()
    for ours, theirs in zip(values_to_matrix(at_work.twin).layers, at_work.network.layers, strict=True):
        np.testing.assert_allclose(ours.weights, theirs.weights, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(ours.biases, theirs.biases, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("factor", [1.0 + 1e-11, -1.0, np.nan])
def test_a_fault_in_the_matrix_implementation_is_seen(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    right = matrix.DenseLayer.backward

    def wrong(self: matrix.DenseLayer, d_output: Array) -> Array:
        d_inputs = right(self, d_output)
        self.d_weights = self.d_weights * factor
        return d_inputs

    monkeypatch.setattr(matrix.DenseLayer, "backward", wrong)
    assert not np.max([distance(case(seed)) for seed in range(5)]) < EQUAL
