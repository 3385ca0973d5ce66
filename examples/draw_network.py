"""See the gradient flow through networks: value by value, neuron by neuron, layer by layer, and where it dies."""

import time
from pathlib import Path

from micrograd_bp import MLP, Value, cross_entropy, draw, gradient_report, mse

pictures = Path(__file__).parent / "pictures"
pictures.mkdir(exist_ok=True)

# A small network is drawn value by value, each module in its frame.
network = MLP(2, [3, 1], activation="tanh", rng=1)
x = [Value(1.0, label="x1"), Value(-2.0, label="x2")]
loss = mse([network(x)], [0.5])
loss.label = "loss"
loss.backward()
draw(loss, names=network).render(outfile=pictures / "network.svg", cleanup=True)

# A larger one at three levels of detail.
network = MLP(2, [16, 16, 1], rng=1)
loss = mse([network([1.0, -2.0])], [0.5])
loss.backward()
for detail in ("values", "neurons", "layers"):
    draw(loss, names=network, detail=detail).render(outfile=pictures / f"network_{detail}.svg", cleanup=True)

# A network for images of 28 × 28 pixels: a hundred thousand values, which `draw` collapses by itself.
network = MLP(784, [128, 10], activation="tanh", init="xavier", rng=1)
loss = cross_entropy(network([(i % 28) / 28 for i in range(784)]), 3)
loss.backward()
started = time.perf_counter()
draw(loss, names=network).render(outfile=pictures / "network_images.svg", cleanup=True)
seconds = time.perf_counter() - started
print(f"MLP(784, [128, 10]) is drawn in {seconds:.1f} s.")

# ReLUs that are all off: the gradient ends there, and the report says so.
network = MLP(2, [6, 6, 1], rng=3)
for neuron in network.layers[1].neurons:
    neuron.bias.data = -20.0
loss = mse([network([0.5, 1.0]), network([1.0, -1.0])], [1.0, 0.0])
loss.backward()
draw(loss, names=network, detail="neurons").render(outfile=pictures / "network_dying.svg", cleanup=True)
report = gradient_report(loss)
print()
print("A network whose second layer has died:")
print(report)
assert any("layers.1 is dead" in problem for problem in report.problems)
assert all(parameter.grad == 0.0 for parameter in network.layers[0].parameters())

# Eight layers of sigmoids: each passes on a quarter of the gradient at most.
network = MLP(2, [8] * 8 + [1], activation="sigmoid", init="xavier", rng=3)
loss = mse([network([0.5, 1.0]), network([1.0, -1.0])], [1.0, 0.0])
loss.backward()
draw(loss, names=network, detail="layers").render(outfile=pictures / "network_vanishing.svg", cleanup=True)
report = gradient_report(loss)
print()
print("A network in which the gradient vanishes:")
print(report)
assert any("vanishes" in problem for problem in report.problems)
print()
print(
    f"The drawings are in {pictures.name}/: network and network_values, _neurons, _layers, _images, _dying, _vanishing."
)
