"""From one graph of scalars to a trained network: handwritten digits at the speed of matrices.

The loss of a single image is built from Values, neuron by neuron. `compile` finds the matrices in it, and the program
trains on batches. The numbers go back into the Values in the end, where they can be looked at and saved.
"""

import time

import numpy as np
from sklearn.datasets import load_digits

from micrograd_bp import MLP, Adam, Training, Value, compile, cross_entropy, no_graph

images, digits = load_digits(return_X_y=True)  # 1,797 images of 8 × 8 pixels, each from 0 to 16
images = images / 16.0
order = np.random.default_rng(0).permutation(len(images))
training, held_out = order[:1400], order[1400:]

# 1. A graph for one image. Its numbers do not matter, its shape does.
network = MLP(64, [64, 10], activation="tanh", init="xavier", rng=0)
pixels = [Value(0.0) for _ in range(64)]
wanted = [Value(float(digit == 0)) for digit in range(10)]
scores = network(pixels)
loss = cross_entropy([scores], [wanted])

# 2. The same as a program of matrices.
started = time.perf_counter()
program = compile(loss, inputs={"X": pixels, "T": wanted}, parameters=network.parameters(), outputs={"scores": scores})
compiling = time.perf_counter() - started
print(f"{len(program.parameters):,} parameters, compiled in {compiling:.2f} s. Its forward and backward pass:")
lines = program.source.split("def predict")[0].splitlines()
for line in lines[lines.index("    # forward") :]:
    if line.strip() and not line.strip().startswith(("#", "return", "gradient")):
        print(line.split("  #")[0].rstrip())
assert "z0 = X @ W0 + b0" in program.source

# 3. Training. The labels are whole numbers: the program knows that T is ten classes.
started = time.perf_counter()
history = Training(program, Adam(0.003), images[training], digits[training], batch_size=32).run(30)
seconds = time.perf_counter() - started
said = program.predict(images[held_out])["scores"].argmax(axis=1)
accuracy = float(np.mean(said == digits[held_out]))
print(f"\ntrained for {len(history)} epochs in {seconds:.1f} s; loss {history[0]:.3f} -> {history[-1]:.3f}")
print(f"accuracy on {len(held_out)} held-out images: {accuracy:.1%}")
assert accuracy > 0.95

# 4. Back to the Values: the network says the same, one neuron after the other.
program.store()
with no_graph():
    for image, digit in zip(images[held_out[:20]].tolist(), said[:20], strict=True):
        answer = [score.data for score in network(image)]
        assert answer.index(max(answer)) == digit
print("The network of Values, with the trained numbers, gives the same answers.")
