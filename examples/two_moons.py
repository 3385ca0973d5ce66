"""What a trained network has learned, seen from above: the boundary that it draws between two moons.

The graph is built once, on one point, and compiled; the program then takes all points at once.
"""

from pathlib import Path

import matplotlib
import numpy as np
from sklearn.datasets import make_moons

from micrograd_bp import MLP, Adam, Training, Value, binary_cross_entropy, compile
from micrograd_bp.views.colours import NEGATIVE, POSITIVE

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

points, moons = make_moons(400, noise=0.15, random_state=0)
training, held_out = slice(0, 200), slice(200, 400)

network = MLP(2, [16, 16, 1], activation="tanh", init="xavier", rng=0)
x, target = [Value(0.0), Value(0.0)], Value(0.0)
score = network(x)
loss = binary_cross_entropy([score], [target])
program = compile(
    loss,
    inputs={"X": x, "T": target},
    parameters=network.parameters(),
    outputs={"score": score, "probability": score.sigmoid()},
)


def accuracy(which: slice) -> float:
    """The share of points that are told which moon they belong to."""
    said = program.predict(points[which])["score"][:, 0] > 0.0
    return float(np.mean(said == moons[which]))


before = accuracy(held_out)
history = Training(program, Adam(0.02), points[training], moons[training].astype(float), batch_size=50).run(100)
after = accuracy(held_out)
print(f"loss {history[0]:.3f} -> {history[-1]:.3f} in {len(history)} epochs")
print(f"accuracy on {len(moons[held_out])} held-out points: {before:.1%} before training, {after:.1%} after it")
assert after > 0.95

# The same question for every point of a grid: the boundary is where the answer is 0.5.
low, high = points.min(axis=0) - 0.4, points.max(axis=0) + 0.4
across, up = np.meshgrid(np.linspace(low[0], high[0], 240), np.linspace(low[1], high[1], 180))
grid = np.column_stack([across.ravel(), up.ravel()])
probability = program.predict(grid)["probability"].reshape(across.shape)

pictures = Path(__file__).parent / "pictures"
pictures.mkdir(exist_ok=True)
colours = LinearSegmentedColormap.from_list("moons", [NEGATIVE, "#FFFFFF", POSITIVE])
figure, axes = plt.subplots(figsize=(6, 4.2), layout="constrained")
extent = (low[0], high[0], low[1], high[1])
shades = axes.imshow(probability, origin="lower", extent=extent, aspect="auto", cmap=colours, vmin=0, vmax=1, alpha=0.5)
axes.contour(across, up, probability, levels=[0.5], colors="#222222", linewidths=1.5)
for moon, colour, marker in ((0, NEGATIVE, "o"), (1, POSITIVE, "^")):
    chosen = points[held_out][moons[held_out] == moon]
    axes.scatter(
        chosen[:, 0],
        chosen[:, 1],
        s=22,
        c=colour,
        marker=marker,
        edgecolors="white",
        linewidths=0.5,
        label=f"moon {moon}",
    )
axes.set(xlabel="x1", ylabel="x2", title=f"Held-out points, {after:.1%} on their own side")
axes.legend(frameon=True, loc="upper right")
figure.colorbar(shades, ax=axes, ticks=[0.0, 0.5, 1.0], label="probability of moon 1")
figure.savefig(pictures / "two_moons.png", dpi=110)
print(f"The decision boundary is in {pictures.name}/two_moons.png.")
