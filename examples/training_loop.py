"""Stochastic gradient descent from start to end: a network of matrices learns a real regression.

442 patients, ten measurements each, and how far their diabetes had progressed a year later (scikit-learn's copy of
the data of Efron, Hastie, Johnstone and Tibshirani, 2004).
"""

from pathlib import Path

import matplotlib
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

from micrograd_bp.matrix import MLP, DenseLayer, mse, train

matplotlib.use("Agg")
from matplotlib import pyplot as plt

x, y = load_diabetes(return_X_y=True)
rng = np.random.default_rng(0)
order = rng.permutation(len(x))
train_rows, test_rows = order[:332], order[332:]
center, scale = x[train_rows].mean(axis=0), x[train_rows].std(axis=0)
y_center, y_scale = y[train_rows].mean(), y[train_rows].std()
inputs = (x - center) / scale
targets = ((y - y_center) / y_scale).reshape(-1, 1)


def error(prediction: np.ndarray) -> float:
    """The root of the mean squared error on the held-out patients, in the units of the data."""
    return float(np.sqrt(mse(prediction, targets[test_rows])) * y_scale)


network = MLP()
network.add_layer(DenseLayer(10, 16, "tanh", init_scale=0.3, rng=rng))
network.add_layer(DenseLayer(16, 1, "linear", init_scale=0.3, rng=rng))
before = error(network.forward(inputs[test_rows]))
history = train(network, inputs[train_rows], targets[train_rows], epochs=60, lr=0.01, batch_size=16, rng=rng)
after = error(network.forward(inputs[test_rows]))
linear = LinearRegression().fit(inputs[train_rows], targets[train_rows])
linear_error = error(linear.predict(inputs[test_rows]))
mean_error = error(np.zeros_like(targets[test_rows]))

print(f"error on {len(test_rows)} held-out patients (root of the mean squared error):")
print(f"  always the mean        {mean_error:6.1f}")
print(f"  before training        {before:6.1f}")
print(f"  after {len(history)} epochs        {after:6.1f}")
print(f"  a linear model         {linear_error:6.1f}")
print("So little data leaves a network not much to find beyond the linear model; by itself it gets as far.")
assert history[-1] < 0.6 * history[0]
assert after < 0.85 * mean_error
assert after < 1.1 * linear_error

pictures = Path(__file__).parent / "pictures"
pictures.mkdir(exist_ok=True)
figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
axes.plot(range(1, len(history) + 1), history, color="#0072B2", label="training loss")
axes.axhline(mse(linear.predict(inputs[train_rows]), targets[train_rows]), color="#D55E00", linestyle="--")
axes.text(
    len(history), mse(linear.predict(inputs[train_rows]), targets[train_rows]), "linear model ", ha="right", va="bottom"
)
axes.set(xlabel="epoch", ylabel="mean squared error (standardized)", title="Gradient descent on the diabetes data")
axes.legend(frameon=False)
figure.savefig(pictures / "training_loop.png", dpi=120)
print(f"The loss curve is in {pictures.name}/training_loop.png.")
