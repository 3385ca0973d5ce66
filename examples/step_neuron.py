"""One neuron, step by step: what each edge of its graph adds to a gradient, forwards and back again."""

from micrograd_bp import Recording, Value, steps

x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(6.8, label="b")
n = w * x + b
n.label = "n"
a = n.tanh()
a.label = "a"
a.backward()

print(f"a = {a.data:.4f}, da/dw = {w.grad:.4f}")
print(f"\nEvery step of the backward pass, and the gradient of its operand afterwards:\n{steps(a)}")
recording = Recording(a)
print(f"\nThe first one in full:\n{recording.forward()}")
recording.goto(len(recording.steps))
assert all(recording.gradient(value) == value.grad for value in (x, w, b, n, a))
recording.back()
print(f"\nOne step before the end the gradient of x is {recording.gradient(x)}, and of w {recording.gradient(w):.4f}.")
