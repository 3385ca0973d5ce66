"""A lesson on the chain rule for the browser: a neuron, an exercise, a network, and a gradient that vanishes.

Each page goes through the forward pass first, then through the backward pass, one contribution at a time. The fourth
one is an exercise sheet for the neuron, to be filled in on the screen or on paper.
"""

from pathlib import Path

from micrograd_bp import MLP, Value, mse, steps, write_page

pictures = Path(__file__).parent / "pictures"

# 1. A neuron: tanh(x₁w₁ + x₂w₂ + b), the one of micrograd's lecture.
x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
b = Value(6.8813735870195432, label="b")
n = x1 * w1 + x2 * w2 + b
o = n.tanh()
n.label, o.label = "n", "o"
neuron = write_page(o, pictures / "lesson_neuron.html", title="One neuron, step by step", forward=True)
sheet = write_page(o, pictures / "lesson_exercise.html", title="One neuron: find the gradients", hide="gradients")
print(f"A neuron: {steps(o)}")
o.backward()
assert [round(leaf.grad, 4) for leaf in (x1, w1, x2, w2)] == [-1.5, 1.0, 0.5, 0.0]

# 2. A network of two layers, and the mean squared error of two samples: forward, the loss, then back layer by layer.
network = MLP(2, [2, 1], activation="tanh", rng=4)
samples = [[Value(1.0, label="x1"), Value(-2.0, label="x2")], [Value(0.5, label="u1"), Value(1.5, label="u2")]]
loss = mse([network(sample) for sample in samples], [0.5, -0.5])
loss.label = "loss"
two_layers = write_page(
    loss, pictures / "lesson_network.html", names=network, title="Two layers and the mean squared error", forward=True
)

# 3. A chain of saturated neurons: each factor on the way back is small, and their product is next to nothing.
x = Value(1.0, label="x")
weights = [Value(2.5, label=f"w{i}") for i in range(1, 6)]
y = x
for i, w in enumerate(weights, start=1):
    y = (w * y).tanh()
    y.label = f"a{i}"
vanishing = write_page(y, pictures / "lesson_vanishing.html", title="A gradient that vanishes", forward=True)
y.backward()
print()
print(f"Five saturated neurons leave {x.grad:.3g} of the gradient: the product of five small slopes and five weights.")
assert abs(x.grad) < 1e-4
assert weights[-1].grad > 1000 * weights[0].grad > 0.0

print("The pages, to be opened in a browser:")
for page in (neuron, sheet, two_layers, vanishing):
    print(f"  {Path(page).parent.name}/{Path(page).name}")
