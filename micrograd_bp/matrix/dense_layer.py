"""A dense layer: every neuron sees every input. Its forward pass, its backward pass, its step.

The layer knows nothing of the network around it and nothing of the loss. It is handed inputs on the
way forward and dL/d(output) on the way back, and is responsible for its own gradients only.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from micrograd_bp.matrix.activations import ACTIVATIONS, Array
from micrograd_bp.matrix.checked import checked_array, checked_count


class DenseLayer:
    """`n_neurons` neurons, each of which computes activation(inputs · its weights + its bias).

    activation: a name in `ACTIVATIONS`. The layer keeps both the function, `activation`, and its
        derivative, `activation_derivative`.
    init_scale: weights start as normal random numbers times this, so close to zero, but each one
        different, since neurons that start equal stay equal. Biases start at zero.
    rng: a seed or a `numpy.random.Generator`. Hand the layers of one network the same generator:
        with the same seed, layers of one shape would start with the same weights.

    Attributes, with a batch of N samples:

        weights    (n_inputs, n_neurons)   column j belongs to neuron j
        biases     (n_neurons,)
        inputs     (N, n_inputs)           stored by `forward`
        z          (N, n_neurons)          stored by `forward`: the pre-activation
        output     (N, n_neurons)          stored by `forward`: activation(z)
        d_weights  (n_inputs, n_neurons)   stored by `backward`: dL/d(weights)
        d_biases   (n_neurons,)            stored by `backward`: dL/d(biases)

    What a pass stores is None before its first call. `name` is what error messages call the layer;
    a network sets it to the layer's position.

    Raises ValueError for an unknown activation, sizes below 1, a negative or infinite init_scale.
    """

    def __init__(
        self,
        n_inputs: int,
        n_neurons: int,
        activation: str = "sigmoid",
        init_scale: float = 0.1,
        rng: int | np.random.Generator | None = None,
    ) -> None:
        """Draw the weights."""
        if activation not in ACTIVATIONS:
            raise ValueError(f"DenseLayer: the activation is {activation!r}, expected one of {', '.join(ACTIVATIONS)}")
        if not 0 <= init_scale < math.inf:
            raise ValueError(f"DenseLayer: init_scale is {init_scale}, expected 0 or more, finite")
        self.name = ""
        self.n_inputs = checked_count(n_inputs, "DenseLayer: n_inputs")
        self.n_neurons = checked_count(n_neurons, "DenseLayer: n_neurons")
        self.activation, self.activation_derivative = ACTIVATIONS[activation]

        rng = np.random.default_rng(rng)
        self.weights = init_scale * rng.standard_normal((self.n_inputs, self.n_neurons))
        self.biases = np.zeros(self.n_neurons)

        self.inputs: Array | None = None
        self.z: Array | None = None
        self.output: Array | None = None
        self.d_weights: Array | None = None
        self.d_biases: Array | None = None

    def forward(self, inputs: ArrayLike) -> Array:
        """The output, (N, n_neurons), for inputs of shape (N, n_inputs).

        Stores `inputs`, `z` and `output`. The backward pass needs the first two; `output` is for
        the reader, and what the caller does to it spoils no gradient. The stored inputs are a copy
        in float64: integers and lists are welcome.

        Raises ValueError for another shape, nan or inf; TypeError for anything but real numbers.
        After an error there is nothing to go backward from.
        """
        # A pass that fails must not leave behind what the one before it stored.
        self.inputs = self.z = self.output = None
        self.inputs = self._checked(
            inputs, "inputs", ("N", self.n_inputs), "rows are samples, columns the layer's inputs"
        )
        self.z = self.inputs @ self.weights + self.biases
        self.output = self.activation(self.z)
        return self.output

    def backward(self, d_output: ArrayLike) -> Array:
        """dL/d(inputs), (N, n_inputs), from dL/d(output), (N, n_neurons): the chain rule.

        dL/d(output) comes from the loss if this is the last layer, and from the layer after it if
        it is a hidden one. Stores `d_weights` and `d_biases`, and returns the gradient that the
        layer before takes as its `d_output`.

        It reads the weights as they are now: change them after the backward pass, not before.

        Raises RuntimeError before `forward`; ValueError where the shape differs from the output's,
        for nan or inf; TypeError for anything but real numbers.
        """
        if self.inputs is None or self.z is None:
            raise RuntimeError(f"{self._label}: backward before forward; call forward first")
        upstream = self._checked(d_output, "d_output", self.z.shape, "the gradient has the latest output's shape")
        # The chain rule: dL/dz = dL/d(output) * d(output)/dz, element by element.
        d_z = upstream * self.activation_derivative(self.z)
        # Each weight and bias serves all samples, so its gradient sums over them.
        self.d_weights = self.inputs.T @ d_z
        self.d_biases = d_z.sum(axis=0)
        # Each input serves all neurons, so its gradient sums over those.
        return d_z @ self.weights.T

    def gradient_descent_step(self, lr: float) -> None:
        """Move each parameter against its gradient, by the learning rate `lr` times its size.

        `weights` and `biases` are new arrays afterwards; the old ones are left as they were.

        Raises RuntimeError before `backward`; ValueError unless `lr` is positive and finite, and
        where the step would lead to nan or inf.
        """
        if not 0 < lr < math.inf:
            raise ValueError(f"{self._label}: lr is {lr}, expected a positive, finite number")
        if self.d_weights is None or self.d_biases is None:
            raise RuntimeError(f"{self._label}: step before backward; call backward first")
        self.weights = self.weights - lr * self.d_weights
        self.biases = self.biases - lr * self.d_biases

    @property
    def weights(self) -> Array:
        """The weights, (n_inputs, n_neurons). Assigning copies; a wrong shape is a ValueError."""
        return self._weights

    @weights.setter
    def weights(self, values: Array) -> None:
        self._weights = self._checked(
            values, "weights", (self.n_inputs, self.n_neurons), "column j belongs to neuron j"
        )

    @property
    def biases(self) -> Array:
        """The biases, (n_neurons,). Assigning copies; a wrong shape is a ValueError."""
        return self._biases

    @biases.setter
    def biases(self, values: Array) -> None:
        self._biases = self._checked(values, "biases", (self.n_neurons,), "one for each neuron")

    def __repr__(self) -> str:
        """Sizes and activation, so that an error message says which layer it is."""
        return f"DenseLayer({self.n_inputs}, {self.n_neurons}, {self.activation.__name__!r})"

    @property
    def _label(self) -> str:
        """What error messages call this layer."""
        return f"{self.name} {self!r}".lstrip()

    def _checked(self, values: ArrayLike, what: str, shape: tuple[int | str, ...], hint: str) -> Array:
        return checked_array(values, f"{self._label}: {what}", shape, hint)
