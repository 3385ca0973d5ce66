"""Backpropagation for a single dense layer: what one layer computes forwards, and what it hands back.

Two inputs, three sigmoid neurons, one sample. A made-up gradient stands in for what the next layer would send.
"""

import numpy as np

from micrograd_bp.checks import gradients_as_matrices, largest_difference, matrix_to_values
from micrograd_bp.engine import Value, backward
from micrograd_bp.matrix import MLP, DenseLayer

layer = DenseLayer(n_inputs=2, n_neurons=3, activation="sigmoid", rng=0)
network = MLP([layer])  # a network of this one layer, so that it can be compared with the graph below
inputs = np.array([[0.5, -0.2]])  # one sample, two features
upstream = np.array([[0.1, -0.2, 0.05]])  # dL/d(output), one number for each neuron

print("FORWARD: z = x·W + b, a = sigmoid(z). The layer keeps x, z and a for the way back.")
output = layer.forward(inputs)
print(f"x = {inputs}")
print(f"z = {layer.z}")
print(f"a = {output}")
print("All outputs are near 0.5: weights start close to zero, so z is close to zero, and sigmoid(0) = 0.5.")
assert np.all(np.abs(output - 0.5) < 0.1)

print("\nBACKWARD: the next layer sends dL/da, how the loss changes with each output.")
print(f"dL/da = {upstream}")
print("If neuron 0's output rose a little, the loss would rise by 0.1 times that; neuron 1's would lower it.")
d_inputs = layer.backward(upstream)
assert layer.z is not None  # the forward pass has stored it
d_z = upstream * layer.activation_derivative(layer.z)
print(f"dL/dz = dL/da * a(1 - a) = {d_z}, about a quarter of it, since sigmoid'(0) = 0.25")
assert np.allclose(d_z / upstream, 0.25, atol=0.01)

(by_hand,) = gradients_as_matrices(network)
print(f"\ndL/dW = transposed x·dL/dz, one number for each weight, {by_hand.d_weights.shape}:\n{by_hand.d_weights}")
print("Row i belongs to input i: input 1 is negative, so the signs in its row are turned around.")
assert by_hand.d_weights.shape == layer.weights.shape
assert np.all(np.sign(by_hand.d_weights[0]) == -np.sign(by_hand.d_weights[1]))
print(
    f"dL/db = dL/dz summed over the samples, one number for each neuron, {by_hand.d_biases.shape}:\n{by_hand.d_biases}"
)
assert np.allclose(by_hand.d_biases, d_z[0])
print(
    f"dL/dx = dL/dz times transposed W, one number for each input, {d_inputs.shape}; "
    f"the layer before would get it:\n{d_inputs}"
)
assert d_inputs.shape == inputs.shape

print("\nTHE SAME FROM THE GRAPH: the layer made of Values, one node after the other.")
twin = matrix_to_values(network)
values = [Value(number) for number in inputs[0]]
backward(twin(values), upstream[0].tolist())  # several outputs, each with its upstream gradient
d_inputs_of_twin = [value.grad for value in values]
difference = max(largest_difference(twin, network), float(np.max(np.abs(d_inputs_of_twin - d_inputs))))
print(f"The largest difference of any gradient is {difference:.1e}.")
assert difference < 1e-15

print("\nONE STEP of gradient descent: each parameter moves against its gradient.")
before = float(np.sum(upstream * output))  # the loss whose gradient the upstream numbers are
layer.gradient_descent_step(lr=1.0)
after = float(np.sum(upstream * layer.forward(inputs)))
print(f"The loss that these upstream gradients belong to falls from {before:.6f} to {after:.6f}.")
assert after < before
