"""What a type checker takes, and the types that it sees: `mypy` reads this, and nothing runs it."""

from typing import assert_type

import micrograd_bp
from micrograd_bp import MLP, SGD, Layer, ModelObjective, Neuron, Training, Value, cross_entropy, mse, softplus, tanh

v = Value(1.0)
assert_type(v.tanh(), Value)
assert_type(v.arctan(), Value)
assert_type(v.maximum(2), Value)
assert_type(v.leaky_relu(slope=0.1), Value)
assert_type(2 * v + 1, Value)
assert_type(1 / v**2 - (-v), Value)
assert_type(2**v, Value)
assert_type(v < 2, bool)
assert_type(v.data, float)
assert_type(micrograd_bp.tanh(0.5), float)
assert_type(tanh(0.5), float)
assert_type(softplus(v), Value)
assert_type(micrograd_bp.tanh(v), Value)
assert_type(micrograd_bp.maximum(v, 2), Value)
assert_type(micrograd_bp.maximum(2, v), Value)
assert_type(micrograd_bp.maximum(1, 2), float)
assert_type(micrograd_bp.elu(v, alpha=2.0), Value)
assert_type(micrograd_bp.logsumexp([v, 1.0]), Value)
assert_type(micrograd_bp.logsumexp([1.0, 2.0]), float)
assert_type(micrograd_bp.dot([v], [1.0], 2.0), Value)
network = MLP(2, [3, 1], activation="tanh", rng=0)
assert_type(network, MLP)
assert_type(network.layers[0], Layer)
assert_type(network.layers[0].neurons[0], Neuron)
assert_type(network.layers[0].neurons[0].w[0], Value)
assert_type(network.parameters(), list[Value])
assert_type(network.state_dict(), dict[str, float])
assert_type(MLP.from_file("network.json"), MLP)
assert_type(mse([network([1.0, 2.0])], [0.5]), Value)
assert_type(Training(ModelObjective(network, cross_entropy), SGD(0.1), [[1.0, 2.0]], [0]).run(1), list[float])
