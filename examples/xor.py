"""Why networks have hidden layers: one neuron cannot learn "either, but not both", and a few in between can.

A neuron divides the plane by a straight line. No line has (0, 1) and (1, 0) on one side and (0, 0) and (1, 1) on the
other: M. Minsky and S. Papert, "Perceptrons" (1969).
"""

from pathlib import Path

from micrograd_bp import MLP, Adam, ModelObjective, Training, Value, binary_cross_entropy, draw, no_graph

POINTS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
EITHER_BUT_NOT_BOTH = [0.0, 1.0, 1.0, 0.0]


def learn(model: MLP, steps: int = 300) -> tuple[float, list[float]]:
    """Trains a model on the four points; gives the loss it ends with, and what it then says of each point."""
    run = Training(ModelObjective(model, binary_cross_entropy), Adam(0.1), POINTS, EITHER_BUT_NOT_BOTH)
    losses = run.run(steps)
    with no_graph():
        return losses[-1], [model(point).sigmoid().data for point in POINTS]


neuron = MLP(2, [1], rng=0)
network = MLP(2, [3, 1], activation="tanh", rng=0)
neuron_loss, by_neuron = learn(neuron)
network_loss, by_network = learn(network)

print(" x1  x2  wanted  one neuron  with three hidden ones")
for (x1, x2), wanted, first, second in zip(POINTS, EITHER_BUT_NOT_BOTH, by_neuron, by_network, strict=True):
    print(f"{x1:3.0f} {x2:3.0f} {wanted:7.0f} {first:11.2f} {second:23.2f}")
print(f"loss{neuron_loss:26.4f}{network_loss:24.4f}")
print("One neuron ends at log 2 = 0.6931: it says 0.5 to everything, the best that a straight line can do here.")
assert all(abs(said - 0.5) < 0.01 for said in by_neuron)
assert all(abs(said - wanted) < 0.05 for said, wanted in zip(by_network, EITHER_BUT_NOT_BOTH, strict=True))

pictures = Path(__file__).parent / "pictures"
pictures.mkdir(exist_ok=True)
network.zero_grad()
score = network([Value(0.0, label="x1"), Value(1.0, label="x2")])
score.label = "score"
score.backward()
draw(score, names=network, detail="neurons").render(outfile=pictures / "xor.svg", cleanup=True)
print(f"The trained network at (0, 1), with the gradient of its score, is in {pictures.name}/xor.svg.")
