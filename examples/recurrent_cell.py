"""Weights that are shared over time: one matrix is used at every step, and its gradient is the sum over all steps.

A recurrent cell reads six numbers, one after the other, and keeps four of its own: h ← tanh(W·h + u·x + b). It learns
a memory that fades, 0.7⁵·x₁ + … + 0.7·x₅ + x₆. In the compiled program there is one W, used six times.
"""

import random
from collections.abc import Sequence

import numpy as np

from micrograd_bp import Adam, Training, Value, compile, dot

STEPS, SIZE, FADING = 6, 4, 0.7

rng = random.Random(0)
W = [[Value(rng.gauss(0.0, 0.5), label=f"W[{i}, {j}]") for j in range(SIZE)] for i in range(SIZE)]
u = [Value(rng.gauss(0.0, 0.5), label=f"u[{i}]") for i in range(SIZE)]
b = [Value(0.0, label=f"b[{i}]") for i in range(SIZE)]
v = [Value(rng.gauss(0.0, 0.5), label=f"v[{i}]") for i in range(SIZE)]


def read(sequence: Sequence[Value], matrices: Sequence[list[list[Value]]]) -> Value:
    """What the cell says after a sequence; `matrices` has the W of each step."""
    h = [Value(0.0) for _ in range(SIZE)]
    for x, weights in zip(sequence, matrices, strict=True):
        h = [dot([*weights[i], u[i]], [*h, x], b[i]).tanh() for i in range(SIZE)]
    said: Value = dot(v, h)
    return said


x = [Value(rng.uniform(-0.5, 0.5), label=f"x[{t}]") for t in range(STEPS)]
target = Value(0.3, label="target")

# 1. One W at every step, and then a copy of it for each: the gradients of the copies add up to that of W.
said = read(x, [W] * STEPS)
loss = (said - target) ** 2
loss.backward()
copies = [[[Value(each.data) for each in row] for row in W] for _ in range(STEPS)]
((read(x, copies) - target) ** 2).backward()
by_step = [copy[0][1].grad for copy in copies]
print("The gradient of W[0, 1], step by step of the sequence, and the sum:")
print("  " + " ".join(f"{part:+.2g}" for part in by_step) + f" = {W[0][1].grad:.2g}")
for i in range(SIZE):
    for j in range(SIZE):
        assert abs(sum(copy[i][j].grad for copy in copies) - W[i][j].grad) < 1e-12

# 2. The same in the compiled program: one W, one d_W with a term for each step.
parameters = [*(each for row in W for each in row), *u, *b, *v]
program = compile(loss, inputs={"X": x, "T": target}, parameters=parameters, outputs={"said": said})
lines = [line.split("  #")[0].strip() for line in program.source.split("def predict")[0].splitlines()]
print("\nThe lines of the compiled program that set or use W:")
for line in lines:
    if "@ W + " in line or line.startswith(("W =", "d_W =")):
        print(f"  {line}")
assert sum(line.startswith("W =") for line in lines) == sum(line.startswith("d_W =") for line in lines) == 1
assert sum("@ W + " in line for line in lines) == STEPS

# 3. Training.
data = np.random.default_rng(0)
sequences = data.uniform(-0.5, 0.5, (1200, STEPS))
faded = sequences @ FADING ** np.arange(STEPS - 1, -1, -1)
training, held_out = slice(0, 1000), slice(1000, 1200)
Training(program, Adam(0.01), sequences[training], faded[training], batch_size=50).run(60)
errors = program.predict(sequences[held_out])["said"][:, 0] - faded[held_out]
error, spread = float(np.sqrt(np.mean(errors**2))), float(faded[held_out].std())
print(f"\nAfter training, its error on new sequences is {error:.3f}; that of always saying the mean, {spread:.3f}.")
assert error < 0.1 * spread
