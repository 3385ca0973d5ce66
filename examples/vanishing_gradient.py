"""A gradient that vanishes, and its cure: why nobody stacks eight layers of sigmoids any more.

On the way back each sigmoid multiplies the gradient by its slope, a quarter at most. tanh's slope is up to one, and
with weights of the right size the first layer still hears what the last one is told: X. Glorot and Y. Bengio,
"Understanding the difficulty of training deep feedforward neural networks" (2010).
"""

from pathlib import Path

import matplotlib
import numpy as np

from micrograd_bp import MLP, SGD, Training, Value, compile, explain, gradient_report, mse
from micrograd_bp.views.colours import NEGATIVE, POSITIVE

matplotlib.use("Agg")
from matplotlib import pyplot as plt

data = np.random.default_rng(0)
inputs = data.uniform(-1.0, 1.0, (200, 2))
targets = np.sin(3.0 * inputs[:, 0]) * inputs[:, 1]
EIGHT_LAYERS = [8] * 8 + [1]


def network_of(activation: str) -> MLP:
    """Eight hidden layers."""
    return MLP(2, EIGHT_LAYERS, activation=activation, init="xavier", rng=3)


def train(network: MLP) -> list[float]:
    """The loss of each epoch; the same data, optimizer and number of steps for both networks."""
    x, target = [Value(0.0), Value(0.0)], Value(0.0)
    loss = mse([network(x)], [target])
    program = compile(loss, inputs={"X": x, "T": target}, parameters=network.parameters())
    return Training(program, SGD(0.05, momentum=0.9), inputs, targets, batch_size=50).run(150)


# 1. The gradients before training, on ten samples.
sizes, losses = {}, {}
for activation in ("sigmoid", "tanh"):
    network = network_of(activation)
    loss = mse([network(sample) for sample in inputs[:10].tolist()], targets[:10].tolist())
    loss.label = "loss"
    report = gradient_report(loss)
    sizes[activation] = [layer.gradient_norm for layer in report.layers]
    print(f"{activation}, layer by layer:\n{report}\n")
    weight = network.layers[0].neurons[0].weights[0]
    weight.label = "w"
    if activation == "sigmoid":
        first = network(inputs[0].tolist())
        first.label = "y"
        path = explain(first, weight, paths=1)
        print(f"One weight of the first layer, and the largest of its {path.n_paths:,} paths:\n{path}\n")
        assert any("vanishes" in problem for problem in report.problems)
    else:
        assert not report.problems

# 2. What that means for training.
for activation in sizes:
    losses[activation] = train(network_of(activation))
    print(f"{activation:8} loss {losses[activation][0]:.3f} -> {losses[activation][-1]:.4f}")
spread = float(targets.var())
print(f"Always saying the mean would give {spread:.3f}: the network of sigmoids has learned that and no more.")
assert losses["sigmoid"][-1] > 0.95 * spread
assert losses["tanh"][-1] < 0.2 * spread

pictures = Path(__file__).parent / "pictures"
pictures.mkdir(exist_ok=True)
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
for activation, colour, line in (("sigmoid", NEGATIVE, "--o"), ("tanh", POSITIVE, "-o")):
    left.semilogy(range(1, 10), sizes[activation], line, color=colour, markersize=4, label=activation)
    right.semilogy(losses[activation], line[:-1], color=colour, label=activation)
left.set(xlabel="layer", ylabel="size of the gradient", title="Before training")
right.set(xlabel="epoch", ylabel="mean squared error", title="Training")
for axes in (left, right):
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
figure.savefig(pictures / "vanishing_gradient.png", dpi=110)
print(f"The gradients and the losses are in {pictures.name}/vanishing_gradient.png.")
