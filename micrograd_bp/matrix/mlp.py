"""A multi-layer perceptron: a list of dense layers, run forwards and, for gradients, in reverse."""

from collections.abc import Iterable

from micrograd_bp.matrix.activations import Array
from micrograd_bp.matrix.dense_layer import DenseLayer


class MLP:
    """The layers of a network, in `layers`, from the input to the output.

    One step of learning is sequential: a complete forward pass, the loss between prediction and
    target, the gradient of the loss with respect to the prediction, the backward pass, a step.

        prediction = network.forward(x)                      # (N, inputs) -> (N, outputs)
        loss = mse(prediction, y)
        network.backward(mse_gradient(prediction, y))
        network.gradient_descent_step(lr=0.1)
    """

    def __init__(self, layers: Iterable[DenseLayer] = ()) -> None:
        """Add each of `layers` in turn."""
        self.layers: list[DenseLayer] = []
        for layer in layers:
            self.add_layer(layer)

    def add_layer(self, layer: DenseLayer) -> None:
        """Append a layer, and name it after its position, `layers[0]` being the first.

        Raises TypeError for anything but a DenseLayer; ValueError where it takes another number of
        inputs than the layer before has neurons, and where it is in the network already: it stores
        one pass at a time, so the second use would overwrite what the first one needs.
        """
        if not isinstance(layer, DenseLayer):
            raise TypeError(f"layers[{len(self.layers)}] is {layer!r}, expected a DenseLayer")
        if layer in self.layers:
            raise ValueError(f"{layer.name} {layer!r} is in this network already; make a new layer")
        if self.layers and layer.n_inputs != self.layers[-1].n_neurons:
            raise ValueError(
                f"layers[{len(self.layers)}] {layer!r} takes {layer.n_inputs} inputs, expected "
                f"{self.layers[-1].n_neurons}, the neurons of {self.layers[-1].name} "
                f"{self.layers[-1]!r} before it"
            )
        layer.name = f"layers[{len(self.layers)}]"
        self.layers.append(layer)

    def forward(self, inputs: Array) -> Array:
        """The prediction, (N, outputs), for inputs of shape (N, inputs).

        Passes the data through each layer in turn. Raises what the layers raise, each naming
        itself; RuntimeError without layers.
        """
        self._require_layers()
        output = inputs
        for layer in self.layers:
            output = layer.forward(output)
        return output

    def backward(self, d_prediction: Array) -> Array:
        """dL/d(inputs), (N, inputs), from dL/d(prediction), (N, outputs).

        A loop over the layers in reverse: what one layer's backward returns is the gradient with
        respect to the output of the layer before. Each layer keeps its own `d_weights`, `d_biases`.

        Raises what the layers raise, each naming itself; RuntimeError without layers.
        """
        self._require_layers()
        gradient = d_prediction
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)
        return gradient

    def gradient_descent_step(self, lr: float) -> None:
        """Move every parameter against its gradient: all layers, or after an error none of them.

        Raises what `DenseLayer.gradient_descent_step` raises; RuntimeError without layers.
        """
        self._require_layers()
        before = [(layer.weights, layer.biases) for layer in self.layers]
        try:
            for layer in self.layers:
                layer.gradient_descent_step(lr)
        except BaseException:  # also Ctrl-C, which may come between two layers
            for layer, (weights, biases) in zip(self.layers, before, strict=True):
                layer.weights, layer.biases = weights, biases
            raise

    def __repr__(self) -> str:
        """As one would write the call."""
        return f"MLP({self.layers!r})"

    def _require_layers(self) -> None:
        if not self.layers:
            raise RuntimeError("MLP: it has no layers; call add_layer first")
