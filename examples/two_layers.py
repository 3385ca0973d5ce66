"""Backpropagation for a whole network: forward, loss, and back through the layers in reverse.

Two layers, ReLU and then linear, with the mean squared error.
"""

import numpy as np

from micrograd_bp.checks import gradients_as_matrices, largest_difference, matrix_to_values
from micrograd_bp.matrix import MLP, DenseLayer, mse, mse_gradient
from micrograd_bp.nn import mse as mse_of_values

np.set_printoptions(precision=4, suppress=True)
rng = np.random.default_rng(5)
network = MLP()
network.add_layer(DenseLayer(2, 4, "relu", rng=rng))
network.add_layer(DenseLayer(4, 1, "linear", rng=rng))
inputs = np.array([[0.5, -0.2], [0.3, 0.8]])
targets = np.array([[0.4], [0.6]])

prediction = network.forward(inputs)
loss = mse(prediction, targets)
d_prediction = mse_gradient(prediction, targets)
print("FORWARD through both layers, then the loss:")
print(f"prediction = {prediction.ravel()}, target = {targets.ravel()}, loss = {loss:.4f}")
print(f"dL/d(prediction) = 2(prediction - target)/N = {d_prediction.ravel()}")
print("Negative: the predictions are too low, and raising them lowers the loss.")
assert np.all(prediction < targets) and np.all(d_prediction < 0)

print("\nBACKWARD: layer 2 takes dL/d(prediction); what it returns is layer 1's dL/d(output).")
network.backward(d_prediction)
first, second = gradients_as_matrices(network)
for number, layer in enumerate([first, second], start=1):
    print(f"layer {number}: dL/dW =\n{layer.d_weights}\n         dL/db = {layer.d_biases}")

print("\nREAD ALOUD")
assert network.layers[0].z is not None  # the forward pass has stored it
off = np.all(network.layers[0].z <= 0, axis=0)  # neurons that were off for every sample
print(f"- Layer 1: where ReLU was off in every sample (neurons {np.flatnonzero(off)}), the gradients are exactly zero:")
print("  the derivative of ReLU is 0 there, so these weights have no part in this loss.")
assert off.any() and not off.all()
assert np.all(first.d_weights[:, off] == 0.0) and np.all(first.d_biases[off] == 0.0)
largest = [float(np.max(np.abs(layer.d_biases))) for layer in (first, second)]
print(f"- Layer 2 has the larger gradients: {largest[1]:.4f} against {largest[0]:.4f} for the biases. On the way to")
print("  layer 1 they are multiplied by layer 2's weights, which start close to zero.")
assert largest[1] > 5 * largest[0]
print(f"- The output bias has gradient {second.d_biases[0]:.4f}, near -1: raising it raises every prediction, and they")
print("  are about 0.5 too low. The sign says where to move a parameter, the size how much it matters.")
assert abs(second.d_biases[0] + 1.0) < 0.1

twin = matrix_to_values(network)
mse_of_values([twin(row) for row in inputs.tolist()], targets.ravel().tolist()).backward()
difference = largest_difference(twin, network)
print(f"- The graph of Values gives the same gradients; the largest difference is {difference:.1e}.")
assert difference < 1e-14

network.gradient_descent_step(lr=0.1)
new_loss = mse(network.forward(inputs), targets)
print(f"\nONE STEP against the gradient: the loss falls from {loss:.4f} to {new_loss:.4f}.")
assert new_loss < loss
