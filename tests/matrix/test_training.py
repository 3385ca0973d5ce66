"""Training: it learns, it can be repeated, it is what one would write by hand."""

import re
import sys

import numpy as np
import pytest

from micrograd_bp.matrix import MLP, DenseLayer, mse, mse_gradient, train


def small_network(activation="tanh", n_outputs=1):
    """Two inputs, eight hidden neurons; the same weights each time."""
    rng = np.random.default_rng(0)
    hidden = DenseLayer(2, 8, activation, init_scale=0.5, rng=rng)
    return MLP([hidden, DenseLayer(8, n_outputs, "linear", init_scale=0.5, rng=rng)])


def parameters(network):
    """Copies of all weights and biases, in one flat array."""
    return np.concatenate([p.ravel() for lay in network.layers for p in (lay.weights, lay.biases)])


X = np.random.default_rng(1).uniform(-1, 1, size=(50, 2))
Y = X[:, :1] * X[:, 1:]  # no linear model can do better than the mean


def test_learns_a_regression():
    """The loss ends far below that of the best constant."""
    history = train(small_network(), X, Y, epochs=200, lr=0.2, batch_size=8, rng=0)
    assert len(history) == 200
    assert all(type(loss) is float for loss in history)
    assert history[-1] < 0.1 * Y.var()


def test_learns_a_classification():
    """Class indices as targets, the cross-entropy as loss; nearly all right in the end."""
    classes = (X[:, 0] * X[:, 1] > 0).astype(int)
    network = small_network(n_outputs=2)
    options = {"loss": "softmax_cross_entropy", "epochs": 200, "lr": 0.2, "batch_size": 8}
    history = train(network, X, classes, **options, rng=0)
    assert history[-1] < 0.3 * history[0]
    assert np.mean(network.forward(X).argmax(axis=1) == classes) > 0.95


@pytest.mark.parametrize("batch_size", [1, 7, 50, 1000])
def test_is_the_loop_one_writes_by_hand(batch_size):
    """Every sample once an epoch, the last batch smaller, the loss a mean over samples."""
    network, twin = small_network(), small_network()
    history = train(network, X, Y, epochs=2, lr=0.1, batch_size=batch_size, rng=5)
    rng = np.random.default_rng(5)
    for epoch_loss in history:
        order = rng.permutation(50)
        assert sorted(order) == list(range(50))
        losses = []
        for rows in np.split(order, range(batch_size, 50, batch_size)):
            prediction = twin.forward(X[rows])
            losses += [mse(prediction, Y[rows])] * len(rows)
            twin.backward(mse_gradient(prediction, Y[rows]))
            twin.gradient_descent_step(0.1)
        assert epoch_loss == pytest.approx(np.mean(losses))
    assert np.array_equal(parameters(network), parameters(twin))


def test_data_may_be_lists_of_integers():
    """As everywhere, they are computed with as floats."""
    network = MLP([DenseLayer(1, 1, "linear", rng=0)])
    history = train(network, [[0], [1], [2]], [[1], [3], [5]], epochs=300, lr=0.1, batch_size=3)
    assert history[-1] < 1e-6
    np.testing.assert_allclose(network.forward([[3]]), [[7]], atol=0.01)


@pytest.mark.parametrize("layer", [0, 1])
def test_interrupted_training_leaves_a_whole_number_of_steps(layer, monkeypatch):
    """Ctrl-C in the midst of the fourth step: the network is the one that three steps make."""
    network = small_network()
    after_each_step = []
    whole_step = network.gradient_descent_step

    def recorded_step(lr):
        whole_step(lr)
        after_each_step.append(parameters(network))

    step_of_one = network.layers[layer].gradient_descent_step

    def interrupted_step(lr):
        step_of_one(lr)
        if len(after_each_step) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(network, "gradient_descent_step", recorded_step)
    monkeypatch.setattr(network.layers[layer], "gradient_descent_step", interrupted_step)
    with pytest.raises(KeyboardInterrupt):
        train(network, X, Y, epochs=1, lr=0.1, batch_size=10, rng=0)
    assert np.array_equal(parameters(network), after_each_step[-1])


def test_progress_bar_is_shown_only_when_asked_for(capsys, monkeypatch):
    """And rich is imported only then."""
    options = {"epochs": 2, "lr": 0.1, "batch_size": 50, "rng": 0}
    with monkeypatch.context() as without_rich:
        without_rich.setitem(sys.modules, "rich.progress", None)  # an import would fail
        silent = train(small_network(), X, Y, **options)
    assert capsys.readouterr().out == ""
    shown = train(small_network(), X, Y, **options, progress=True)
    assert f"loss {shown[-1]:.4g}" in capsys.readouterr().out
    assert shown == silent


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"x": X[:, :1]}, ValueError, "layers[0] DenseLayer(2, 8, 'tanh'): inputs: the shape is"),
        ({"y": Y[:, 0]}, ValueError, "target: the shape is (50,), expected (50, 1)"),
        ({"y": Y[:40]}, ValueError, "target: the shape is (40, 1), expected (50, 1)"),
        ({"x": np.vstack([X[:-1], [[0, np.nan]]])}, ValueError, "inputs: 1 of 100 numbers are nan"),
        ({"y": np.vstack([Y[:-1], [[np.nan]]])}, ValueError, "target: 1 of 50 numbers are nan"),
        ({"loss": "mae"}, ValueError, "the loss is 'mae', expected one of mse, softmax_cross_ent"),
        ({"epochs": 0}, ValueError, "epochs is 0, expected at least 1"),
        ({"batch_size": 2.5}, TypeError, "batch_size is 2.5, expected a whole number"),
        ({"lr": 0.0}, ValueError, "lr is 0.0, expected a positive"),
    ],
)
def test_bad_input_is_refused_before_anything_changes(changes, error, message):
    """Also where the fault is in the last sample of many."""
    network = small_network()
    before = parameters(network)
    options = {"x": X, "y": Y, "epochs": 1, "lr": 0.1, "batch_size": 1} | changes
    with pytest.raises(error, match=re.escape(message)):
        train(network, **options)
    assert np.array_equal(parameters(network), before)


def test_a_loss_that_overflows_is_an_error():
    """Each step makes the prediction 11 times as large: the square overflows long before it."""
    network = MLP([DenseLayer(1, 1, "linear", init_scale=1.0, rng=0)])
    network.layers[0].weights = [[1.0]]
    network.layers[0].biases = [0.0]
    with pytest.raises(ValueError, match=r"train: the loss overflows in epoch \d+; lower lr=3"):
        train(network, [[1.0]], [[0.0]], epochs=200, lr=3, batch_size=1)


@pytest.mark.parametrize("activation", ["linear", "relu"])
@pytest.mark.parametrize("lr", [3.0, 1e80, 1e300])
def test_diverging_training_is_an_error(activation, lr):
    """And its message names the learning rate; no parameter has become nan or inf."""
    network = small_network(activation)
    with pytest.raises(ValueError, match=r"lower (lr=|the learning rate)"):
        train(network, 100 * X, Y, epochs=500, lr=lr, batch_size=8, rng=0)
    assert np.isfinite(parameters(network)).all()
