"""One neuron, to be stepped through: `python -m pdb`, or `micrograd-bp debug`, and the name of this file."""

from micrograd_bp import Value

x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.8, label="b")
n = w * x + b
n.label = "n"
a = n.tanh()
a.backward()
print(f"da/dw = {w.grad:.4f}")
