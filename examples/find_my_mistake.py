"""What the check says of a wrong backward: three layers, each with one mistake that many people make.

Every one of them trains, somehow, which is why such mistakes stay unnoticed for so long.
"""

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.checks import check_layer

Array = NDArray[np.float64]


class TanhLayer:
    """A dense layer with tanh, and a right backward."""

    def __init__(self) -> None:
        """Four inputs, three neurons."""
        self.weights = 0.1 * np.random.default_rng(0).standard_normal((4, 3))
        self.biases = np.zeros(3)

    def forward(self, inputs: Array) -> Array:
        """The output; what the backward pass needs is stored."""
        self.inputs = inputs
        self.z = inputs @ self.weights + self.biases
        self.output = np.tanh(self.z)
        return self.output

    def backward(self, d_output: Array) -> Array:
        """The chain rule."""
        d_z = d_output * (1.0 - np.tanh(self.z) ** 2)
        self.d_weights = self.inputs.T @ d_z
        self.d_biases = d_z.sum(axis=0)
        return d_z @ self.weights.T


class DerivativeAtOutput(TanhLayer):
    """The derivative of tanh is taken at tanh(z)."""

    def backward(self, d_output: Array) -> Array:
        """Not quite the chain rule."""
        d_z = d_output * (1.0 - np.tanh(self.output) ** 2)
        self.d_weights = self.inputs.T @ d_z
        self.d_biases = d_z.sum(axis=0)
        return d_z @ self.weights.T


class MeanInsteadOfSum(TanhLayer):
    """The loss has divided by the number of samples already."""

    def backward(self, d_output: Array) -> Array:
        """Not quite the chain rule."""
        d_z = d_output * (1.0 - np.tanh(self.z) ** 2)
        self.d_weights = self.inputs.T @ d_z
        self.d_biases = d_z.mean(axis=0)
        return d_z @ self.weights.T


class StepTooEarly(TanhLayer):
    """The weights change before they are used for the last time."""

    def backward(self, d_output: Array, lr: float = 0.1) -> Array:
        """Not quite the chain rule."""
        d_z = d_output * (1.0 - self.output**2)
        self.weights = self.weights - lr * self.inputs.T @ d_z
        self.biases = self.biases - lr * d_z.sum(axis=0)
        return d_z @ self.weights.T


report = check_layer(TanhLayer())
print(report)
assert report.ok

expected = {
    DerivativeAtOutput: ("another_array", ["d_inputs", "d_weights", "d_biases"]),
    MeanInsteadOfSum: ("another_function", ["d_biases"]),
    StepTooEarly: ("step_too_early", ["d_inputs"]),
}
for layer, (mistake, arrays) in expected.items():
    report = check_layer(layer())
    print("\n" + "-" * 79 + f"\n\n{report}")
    assert not report.ok
    assert [result.role for result in report.arrays if not result.ok] == arrays
    assert [finding.name for finding in report.findings] == [mistake]
