"""Networks from the arrays that other libraries hand out: the same numbers, and gradients that others agree with."""

import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_moons
from sklearn.neural_network import MLPClassifier, MLPRegressor

from micrograd_bp import MLP, Value, cross_entropy, draw, explain, matrix, mse, steps
from tests.problems.finite_differences import assert_gradient

RANDOM = np.random.default_rng(0)
SIZES = [3, 4, 4, 2]
ARRAYS = [(RANDOM.normal(size=(nin, nout)), RANDOM.normal(size=nout)) for nin, nout in pairwise(SIZES)]
INPUTS, TARGETS = RANDOM.normal(size=(5, 3)), RANDOM.normal(size=(5, 2))


class Tensor:
    """As much of a tensor of PyTorch's as is asked for: numbers come out once it is detached and on the CPU."""

    def __init__(self, numbers: Any, *done: str) -> None:
        self.numbers, self.done, self.shape = np.asarray(numbers, dtype=np.float32), done, np.shape(numbers)

    def detach(self) -> "Tensor":
        return Tensor(self.numbers, *self.done, "detach")

    def cpu(self) -> "Tensor":
        return Tensor(self.numbers, *self.done, "cpu")

    def double(self) -> Any:
        assert self.done == ("detach", "cpu")
        return self.numbers.astype(np.float64)


def state_dict() -> dict[str, Any]:
    """What a `Sequential` of dense layers with activations in between has: every other number is an activation's."""
    return {
        name: Tensor(array)
        for place, (w, b) in enumerate(ARRAYS)
        for name, array in ((f"{2 * place}.weight", w.T), (f"{2 * place}.bias", b))
    }


SOURCES = {
    "pairs": ARRAYS,
    "pairs of lists": [(w.tolist(), b.tolist()) for w, b in ARRAYS],
    "lists of pairs": [[w, b] for w, b in ARRAYS],
    "pairs, transposed": [(w.T, b) for w, b in ARRAYS],
    "one after the other": [array for pair in ARRAYS for array in pair],
    "state_dict": state_dict(),
}


def gradients_of(network: MLP) -> list[tuple[Any, Any]]:
    """Of weights and biases, layer by layer."""
    return [
        (
            np.array([[w.grad for w in neuron.weights] for neuron in layer.neurons]).T,
            np.array([neuron.bias.grad for neuron in layer.neurons]),
        )
        for layer in network.layers
    ]


def matrix_network(activation: str) -> matrix.MLP:
    """The independent implementation with these weights."""
    network = matrix.MLP()
    for place, (w, b) in enumerate(ARRAYS):
        layer = matrix.DenseLayer(*w.shape, activation if place < 2 else "linear")
        layer.weights, layer.biases = w, b
        network.add_layer(layer)
    return network


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
@pytest.mark.parametrize("kind", SOURCES)
def test_gradients_are_those_of_matrices(kind: str, activation: str) -> None:
    network, witness = MLP.from_arrays(SOURCES[kind], activation=activation), matrix_network(activation)
    tolerance = 1e-5 if kind == "state_dict" else 1e-12
    outputs = [network(row) for row in INPUTS]
    predicted = witness.forward(INPUTS)
    np.testing.assert_allclose([[y.data for y in row] for row in outputs], predicted, rtol=tolerance, atol=tolerance)
    loss = mse([y for row in outputs for y in row], TARGETS.ravel()) * TARGETS.shape[1]
    assert loss.data == pytest.approx(matrix.mse(predicted, TARGETS), rel=tolerance)
    loss.backward()
    witness.backward(matrix.mse_gradient(predicted, TARGETS))
    for (d_weights, d_biases), theirs in zip(gradients_of(network), witness.layers, strict=True):
        np.testing.assert_allclose(d_weights, theirs.d_weights, rtol=100 * tolerance, atol=tolerance)
        np.testing.assert_allclose(d_biases, theirs.d_biases, rtol=100 * tolerance, atol=tolerance)


def test_arrays_go_in_and_come_out() -> None:
    network = MLP.from_arrays(ARRAYS, activation="tanh", output_activation="sigmoid", fused=False)
    for (w, b), (w_again, b_again) in zip(ARRAYS, network.to_arrays(), strict=True):
        np.testing.assert_array_equal(w, w_again)
        np.testing.assert_array_equal(b, b_again)
    transposed = network.to_arrays("out, in")
    assert [w.shape for w, _ in transposed] == [(4, 3), (4, 4), (2, 4)]
    assert [n.activation for layer in network.layers for n in layer.neurons] == ["tanh"] * 8 + ["sigmoid"] * 2
    assert not network.layers[0].neurons[0].fused
    again = MLP.from_arrays(network.to_arrays(), activation=["tanh", "tanh", "sigmoid"])
    assert [y.data for y in again(INPUTS[0])] == pytest.approx([y.data for y in network(INPUTS[0])], rel=1e-14)
    assert again.state_dict() == network.state_dict()


def test_arrays_are_copied() -> None:
    w, b = np.array([[1.0], [2.0]]), np.array([3.0])
    network = MLP.from_arrays([(w, b)])
    w[:] = 0.0
    assert network([1.0, 1.0]).data == 6.0
    network.to_arrays()[0][0][:] = 0.0
    assert network([1.0, 1.0]).data == 6.0


def test_square_shapes_are_asked_about() -> None:
    w, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros(2)
    with pytest.raises(ValueError, match='these shapes do not tell inputs from outputs: say weights="in, out"'):
        MLP.from_arrays([(w, b), (w, b)], activation="relu")
    with pytest.raises(ValueError, match="these shapes do not tell"):
        MLP.from_arrays([w, b])
    assert [y.data for y in MLP.from_arrays([(w, b)], weights="in, out")([1.0, 0.0])] == [1.0, 2.0]
    assert [y.data for y in MLP.from_arrays([w, b], weights="out, in")([1.0, 0.0])] == [1.0, 3.0]
    assert [y.data for y in MLP.from_arrays({"weight": w, "bias": b})([1.0, 0.0])] == [1.0, 3.0]


def test_parts_of_a_sequential_are_taken_by_their_numbers() -> None:
    """Also where somebody has sorted the names as texts."""
    arrays = [np.full((2, 2), float(place)) for place in range(12)]
    state = {f"net.{place}.{kind}": w if kind == "weight" else w[0] for place, w in enumerate(arrays) for kind in KINDS}
    for given in (state, dict(sorted(state.items()))):
        layers = MLP.from_arrays(given, activation="linear").layers
        assert [layer.neurons[0].bias.data for layer in layers] == list(range(12))
    named = {
        f"{name}.{kind}": np.eye(2) if kind == "weight" else np.zeros(2) for name in ("up", "down") for kind in KINDS
    }
    assert len(MLP.from_arrays(named, activation="linear").layers) == 2


KINDS = "weight", "bias"


# ---- scikit-learn


def fitted(model: Any, *data: Any) -> Any:
    with warnings.catch_warnings():  # after few steps it says that more would be better
        warnings.simplefilter("ignore")
        return model.fit(*data)


def probabilities(outputs: Any) -> Any:
    exponentials = np.exp([y.data for y in outputs])
    return exponentials / exponentials.sum()


def check_gradients(network: MLP, model: Any, loss: Any) -> None:
    """Of all parameters, against differences of `loss()`, which the model's arrays are moved for."""
    for ours, arrays in zip(gradients_of(network), zip(model.coefs_, model.intercepts_, strict=True), strict=True):
        for gradient, array in zip(ours, arrays, strict=True):
            assert_gradient(gradient, loss, array)


@pytest.mark.parametrize("activation", ["tanh", "relu", "logistic", "identity"])
def test_a_classifier_of_scikit_learn(activation: str) -> None:
    """Three classes: a softmax, which is left to the loss."""
    inputs, classes = load_iris(return_X_y=True)
    model = fitted(
        MLPClassifier(hidden_layer_sizes=[5, 4], activation=activation, max_iter=30, random_state=0), inputs, classes
    )
    network = MLP.from_arrays(model)
    for row, theirs in zip(inputs[::10], model.predict_proba(inputs[::10]), strict=True):
        np.testing.assert_allclose(probabilities(network(row)), theirs, rtol=1e-10)
    cross_entropy(network(inputs[75]), classes[75]).backward()
    check_gradients(network, model, lambda: -np.log(model.predict_proba(inputs[75:76])[0, classes[75]]))


def test_a_classifier_of_two_classes() -> None:
    """One output, whose sigmoid is a probability."""
    inputs, classes = make_moons(100, noise=0.1, random_state=0)
    model = fitted(
        MLPClassifier(hidden_layer_sizes=[6], activation="tanh", max_iter=100, random_state=0), inputs, classes
    )
    network = MLP.from_arrays(model)
    output = network(inputs[3])
    assert output.operation is not None
    assert (output.operation.name, output.data) == ("sigmoid", pytest.approx(model.predict_proba(inputs[3:4])[0, 1]))
    (-output.log()).backward()
    check_gradients(network, model, lambda: -np.log(model.predict_proba(inputs[3:4])[0, 1]))


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_a_regressor(n_outputs: int) -> None:
    targets = TARGETS[:, 0] if n_outputs == 1 else TARGETS
    model = fitted(
        MLPRegressor(hidden_layer_sizes=[4], activation="logistic", max_iter=20, random_state=0), INPUTS, targets
    )
    network = MLP.from_arrays(model)
    for row, theirs in zip(INPUTS, model.predict(INPUTS), strict=True):
        outputs = network(row)
        assert [y.data for y in (outputs if n_outputs == 2 else [outputs])] == pytest.approx(np.atleast_1d(theirs))


def test_what_was_trained_elsewhere_is_drawn_stepped_through_and_explained() -> None:
    network = MLP.from_arrays(ARRAYS, activation="tanh")
    x = [Value(number, label=f"x{place}") for place, number in enumerate(INPUTS[0])]
    loss = cross_entropy(network(x), 1)
    loss.label = "loss"
    loss.backward()
    assert "layers.0" in draw(loss, names=network, detail="layers").source
    assert len(steps(loss, names=network)) > 50
    assert float(explain(loss, x[0]).net) == pytest.approx(x[0].grad)


# ---- what does not fit


def with_state(**changes: Any) -> dict[str, Any]:
    return {**state_dict(), **changes}


W, B = ARRAYS[0]


@pytest.mark.parametrize(
    ("source", "options", "words"),
    [
        ([], {}, "needs at least one layer"),
        ({}, {}, "this state_dict has no layer"),
        ([(W, B), ARRAYS[2]], {}, "layer 0 has 4 outputs and layer 1 4 inputs|say what comes between"),
        ([(W, B), (W, B)], {}, "layer 0 has 4 outputs and layer 1 3 inputs"),
        ([(W, B[:2])], {}, r"layer 0 has weights \(3, 4\) and 2 biases"),
        ([(W, B)], {"weights": "out, in"}, r"layer 0 has weights \(3, 4\) and 4 biases"),
        ([(W, B)], {"weights": "rows"}, "unknown order of weights 'rows'"),
        ([W, B, W], {}, "weights and biases in turn, got 3 arrays"),
        ([(W[0], B)], {}, r"the weights of layer 0 are to have two axes, got the shape \(4,\)"),
        ([(W, B[None])], {}, r"the biases of layer 0 are to have one axis, got the shape \(1, 4\)"),
        ([(W[:0], B)], {}, r"two axes, got the shape \(0, 4\)"),
        ([(W * np.where(W[1, 2] == W, np.nan, 1.0), B)], {}, r"are to be finite, and are nan at \(1, 2\)"),
        ([(W, B * np.inf)], {}, r"the biases of layer 0 are to be finite, and are -?inf at \(0,\)"),
        ([(W * 1j, B)], {}, "array of numbers: got complex128"),
        ([(W.astype(str), B)], {}, "array of numbers: got <U"),
        ([([[1.0], [2.0, 3.0]], B)], {}, "the weights of layer 0 are to be an array of numbers"),
        (ARRAYS, {}, "do not say what comes between the layers"),
        (ARRAYS, {"activation": "swish"}, "unknown activation 'swish'"),
        (ARRAYS, {"activation": ["tanh"]}, "3 layers and 1 activations"),
        (with_state(**{"1.running_mean": B}), {"activation": "tanh"}, "'1.running_mean' is something else"),
        ({"0.weight": W.T}, {}, "0.weight comes without 0.bias: add zeros"),
        (with_state(**{"2.weight": np.zeros((4, 3))}), {"activation": "tanh"}, "0.weight has 4 outputs and 2.weight 3"),
        (with_state(**{"0.weight": np.zeros((4, 3, 3, 3))}), {"activation": "tanh"}, "0.weight are to have two axes"),
        (state_dict(), {"weights": "in, out"}, 'PyTorch\'s weights are "out, in"'),
        (MLPClassifier(hidden_layer_sizes=[3]), {}, "this MLPClassifier has no weights yet: call its fit first"),
    ],
)
def test_what_does_not_fit_is_refused(source: Any, options: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        MLP.from_arrays(source, **options)


@pytest.mark.parametrize("source", [None, 3.0, "0.weight", np.zeros((2, 2)), MLP(2, [1])], ids=repr)
def test_what_holds_no_layers_is_refused(source: Any) -> None:
    with pytest.raises(TypeError, match="takes a list of pairs"):
        MLP.from_arrays(source, activation="tanh")


def test_a_model_that_says_something_else_is_not_overruled() -> None:
    model = fitted(MLPRegressor(hidden_layer_sizes=[4], activation="tanh", max_iter=2, random_state=0), INPUTS, TARGETS)
    with pytest.raises(ValueError, match="the model says that its activation is tanh, not relu"):
        MLP.from_arrays(model, activation="relu")
    with pytest.raises(ValueError, match="the model says that its outputs are linear, not sigmoid"):
        MLP.from_arrays(model, output_activation="sigmoid")
    with pytest.raises(ValueError, match='scikit-learn\'s weights are "in, out"'):
        MLP.from_arrays(model, weights="out, in")
    assert MLP.from_arrays(model, activation="tanh", weights="in, out").layers[0].nin == 3


def test_the_order_of_weights_that_come_out_is_checked() -> None:
    with pytest.raises(ValueError, match="unknown order of weights 'columns'"):
        MLP(2, [1]).to_arrays("columns")
