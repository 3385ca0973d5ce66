"""Three witnesses of one gradient: the graph of Values, the matrix implementation, and finite differences.

Random networks, activations, batches and losses; every gradient: weights, biases and inputs. Run with `-s` to see
how far they are apart.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from micrograd_bp import MLP, OPERATIONS, SGD, ModelObjective, Training, Value, cross_entropy, matrix, mse
from micrograd_bp.checks import gradients_as_matrices, matrix_to_values, values_to_matrix
from tests.counts import count
from tests.problems.finite_differences import numeric_gradient

Array = NDArray[np.float64]

SEEDS = range(count(150, 300))
KINK = 1e-4
"""This close to a kink of ReLU or leaky ReLU, a finite difference says nothing of the derivative."""

LOSSES: dict[str, Any] = {"mse": mse, "softmax_cross_entropy": cross_entropy}


class Case(NamedTuple):
    """A random network with data and a loss."""

    network: matrix.MLP
    inputs: Array
    targets: Array
    loss: str

    @property
    def near_a_kink(self) -> bool:
        """Whether a pre-activation of the latest forward pass lies where ReLU has no derivative."""
        return any(
            bool(np.any(np.abs(layer.z) < KINK))
            for layer in self.network.layers
            if layer.activation.__name__ in ("relu", "leaky_relu") and layer.z is not None
        )


def random_case(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, size=rng.integers(2, 5))
    network = matrix.MLP()
    for n_inputs, n_neurons in pairwise(sizes):
        activation = str(rng.choice(list(matrix.ACTIVATIONS)))
        network.add_layer(matrix.DenseLayer(int(n_inputs), int(n_neurons), activation, init_scale=1.0, rng=rng))
        network.layers[-1].biases = rng.normal(size=n_neurons)
    n_samples, n_outputs = int(rng.integers(1, 7)), int(sizes[-1])
    loss = str(rng.choice(list(LOSSES)))
    targets = rng.normal(size=(n_samples, n_outputs))
    if loss == "softmax_cross_entropy":
        targets = rng.dirichlet(np.ones(n_outputs), size=n_samples)
    return Case(network, rng.normal(size=(n_samples, int(sizes[0]))), targets, loss)


def matrix_gradients(case: Case) -> list[Array]:
    """By the hand-written backward pass: d_weights and d_biases of each layer, then d_inputs."""
    _, loss_gradient = matrix.LOSSES[case.loss]
    prediction = case.network.forward(case.inputs)
    d_inputs = case.network.backward(loss_gradient(prediction, case.targets))
    gradients = [gradient for layer in case.network.layers for gradient in (layer.d_weights, layer.d_biases)]
    return [gradient for gradient in [*gradients, d_inputs] if gradient is not None]


def graph_gradients(case: Case) -> list[Array]:
    """By the graph of scalars, in the same order."""
    network = matrix_to_values(case.network)
    inputs = [[Value(number) for number in row] for row in case.inputs]
    predictions = [np.atleast_1d(network(row)).tolist() for row in inputs]
    LOSSES[case.loss](predictions, case.targets.tolist()).backward()
    gradients: list[Array] = [array for layer in gradients_as_matrices(network) for array in layer]
    return [*gradients, np.array([[value.grad for value in row] for row in inputs])]


def difference_gradients(case: Case) -> list[Array]:
    """By central differences of the matrix implementation's loss, in the same order."""
    loss, _ = matrix.LOSSES[case.loss]
    arrays = [array for layer in case.network.layers for array in (layer.weights, layer.biases)] + [case.inputs]
    return [numeric_gradient(lambda: loss(case.network.forward(case.inputs), case.targets), array) for array in arrays]


def distance(ours: list[Array], theirs: list[Array]) -> float:
    """The largest difference of any entry, relative to the largest entry of its array, or to 1e-3 if that is less.

    An array of gradients that all but vanish is compared with 1e-3, since its rounding errors come from larger numbers.
    """
    assert [a.shape for a in ours] == [b.shape for b in theirs]
    # NumPy's maximum, since Python's passes over nan.
    return float(
        np.max([np.max(np.abs(a - b)) / max(np.max(np.abs(b)), 1e-3) for a, b in zip(ours, theirs, strict=True)])
    )


def test_engine_and_matrix_implementation_and_differences_agree(capsys: pytest.CaptureFixture[str]) -> None:
    engine_distances, difference_distances, kinks = [], [], []
    for seed in SEEDS:
        case = random_case(seed)
        by_matrix = matrix_gradients(case)
        near_a_kink = case.near_a_kink
        engine_distances.append(distance(graph_gradients(case), by_matrix))
        if near_a_kink:
            kinks.append(seed)
        else:
            difference_distances.append(distance(difference_gradients(case), by_matrix))
    with capsys.disabled():
        print(f"\n{len(SEEDS)} random networks, every gradient, relative differences:")
        for name, distances in [
            ("engine and matrix implementation", engine_distances),
            ("matrix implementation and finite differences", difference_distances),
        ]:
            low, median, high = np.quantile(distances, [0.1, 0.5, 0.9])
            print(f"  {name:<46} 10 % {low:.0e}  median {median:.0e}  90 % {high:.0e}  largest {max(distances):.1e}")
        print(f"  networks within {KINK:g} of a kink, not compared with differences: {len(kinks)} {kinks}")
    assert np.max(engine_distances) < 1e-10
    assert np.max(difference_distances) < 1e-5
    assert len(kinks) < 0.05 * len(SEEDS)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_whole_training_run_stays_equal_step_by_step(loss: str) -> None:
    rng = np.random.default_rng(7)
    network = matrix.MLP(
        [
            matrix.DenseLayer(3, 5, "tanh", init_scale=0.5, rng=rng),
            matrix.DenseLayer(5, 4, "relu", init_scale=0.5, rng=rng),
            matrix.DenseLayer(4, 3, "linear", init_scale=0.5, rng=rng),
        ]
    )
    inputs = rng.normal(size=(20, 3))
    targets = rng.dirichlet(np.ones(3), size=20)
    twin = matrix_to_values(network)
    objective = ModelObjective(twin, LOSSES[loss])
    training = Training(objective, SGD(lr=0.1), inputs.tolist(), targets.tolist())
    loss_of, gradient_of = matrix.LOSSES[loss]
    losses = []
    for _ in range(60):
        prediction = network.forward(inputs)
        losses.append(float(loss_of(prediction, targets)))
        network.backward(gradient_of(prediction, targets))
        network.gradient_descent_step(lr=0.1)
        assert training.step() == pytest.approx(losses[-1], rel=1e-11)
        for ours, theirs in zip(values_to_matrix(twin).layers, network.layers, strict=True):
            np.testing.assert_allclose(ours.weights, theirs.weights, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(ours.biases, theirs.biases, rtol=1e-9, atol=1e-12)
    assert losses[-1] < losses[0]


def test_a_network_near_a_kink_is_noticed() -> None:
    case = next(iter(cases_with("relu")))
    matrix_gradients(case)
    assert not case.near_a_kink
    for layer in case.network.layers:
        layer.weights = np.zeros_like(layer.weights)
        layer.biases = np.full_like(layer.biases, 0.5 * KINK)
    matrix_gradients(case)
    assert case.near_a_kink


def test_bridges_keep_every_parameter_to_the_bit() -> None:
    for seed in range(30):
        network = random_case(seed).network
        there_and_back = values_to_matrix(matrix_to_values(network))
        for ours, theirs in zip(there_and_back.layers, network.layers, strict=True):
            assert ours.weights.tobytes() == theirs.weights.tobytes()
            assert ours.biases.tobytes() == theirs.biases.tobytes()
            assert ours.activation is theirs.activation


def test_bridge_refuses_an_activation_that_the_matrices_do_not_have() -> None:
    with pytest.raises(ValueError, match="gelu"):
        values_to_matrix(MLP(2, [3], output_activation="gelu"))
    mixed = MLP(2, [2])
    mixed.layers[0].neurons[0].nonlin, mixed.layers[0].neurons[0].activation = True, "tanh"
    with pytest.raises(ValueError, match="one activation, got linear, tanh"):
        values_to_matrix(mixed)
    with pytest.raises(ValueError, match="no layers"):
        matrix_to_values(matrix.MLP())


def cases_with(activation: str) -> list[Case]:
    cases = [random_case(seed) for seed in range(60)]
    return [case for case in cases if any(layer.activation.__name__ == activation for layer in case.network.layers)]


@pytest.mark.parametrize("array", ["d_weights", "d_biases", "d_inputs"])
@pytest.mark.parametrize("factor", [0.5, -1.0, np.nan])
def test_a_fault_in_the_matrix_backward_is_seen(array: str, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    right = matrix.DenseLayer.backward

    def wrong(self: matrix.DenseLayer, d_output: Array) -> Array:
        d_inputs = right(self, d_output)
        if array != "d_inputs":
            setattr(self, array, getattr(self, array) * factor)
        elif self.name == "layers[0]":  # an earlier layer would refuse nan
            d_inputs = d_inputs * factor
        return d_inputs

    monkeypatch.setattr(matrix.DenseLayer, "backward", wrong)
    distances = [distance(graph_gradients(case), matrix_gradients(case)) for case in map(random_case, range(20))]
    assert not np.max(distances) < 1e-3


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus", "relu", "leaky_relu"])
def test_a_fault_in_a_rule_of_the_engine_is_seen(activation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = OPERATIONS[activation].rule

    def wrong(xp: Any, x: Any) -> Any:
        result, (derivative,) = right(xp, x)
        return result, (1.01 * derivative,)

    monkeypatch.setattr(OPERATIONS[activation], "rule", wrong)
    assert max(distance(graph_gradients(case), matrix_gradients(case)) for case in cases_with(activation)) > 1e-3
