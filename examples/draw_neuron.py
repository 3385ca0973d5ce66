"""See the gradient flow through one neuron: what each edge multiplies it by, and where it goes.

The neuron is that of micrograd's lecture: tanh(x₁w₁ + x₂w₂ + b).
"""

from pathlib import Path

from micrograd_bp import Value, between, draw

pictures = Path(__file__).parent / "pictures"
pictures.mkdir(exist_ok=True)

x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
b = Value(6.8813735870195432, label="b")
n = x1 * w1 + x2 * w2 + b
o = n.tanh()
n.label, o.label = "n", "o"
draw(o).render(outfile=pictures / "neuron_forward.svg", cleanup=True)  # the gradients are not known yet

o.backward()
drawing = draw(o)
drawing.render(outfile=pictures / "neuron.svg", cleanup=True)
drawing.render(outfile=pictures / "neuron.png", cleanup=True)
print("x2 is 0, so no gradient reaches w2: the edge from it is a row of grey dots.")
print(f"  ∂o/∂x1 = {x1.grad:.4g}, ∂o/∂w1 = {w1.grad:.4g}, ∂o/∂x2 = {x2.grad:.4g}, ∂o/∂w2 = {w2.grad:.4g}")
assert [round(leaf.grad, 4) for leaf in (x1, w1, x2, w2)] == [-1.5, 1.0, 0.5, 0.0]

between(o, x1).render(outfile=pictures / "neuron_path.svg", cleanup=True)
print("The chain rule along one path: ∂o/∂x1 = ∂o/∂n · ∂n/∂(x1·w1) · ∂(x1·w1)/∂x1 = 0.5 · 1 · -3.")

# A larger bias drives tanh into the flat part of its curve, and hardly any gradient comes back.
b.data += 4.0
saturated = (x1 * w1 + x2 * w2 + b).tanh()
saturated.backward()
draw(saturated).render(outfile=pictures / "neuron_saturated.svg", cleanup=True)
(slope,) = saturated.local_derivatives
print(f"With b = {b.data:.4g} the neuron is saturated: tanh passes on {slope:.4g} of the gradient.")
assert slope < 0.001
print(f"The drawings are in {pictures.name}/: neuron_forward, neuron, neuron_path and neuron_saturated.")
