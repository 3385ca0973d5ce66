"""Hints of rising strength: what to think of, the formula, the line of code. For a layer, a network and a loss."""

from collections.abc import Sequence

HINTS = {
    "d_z": (
        "start with dL/dz: how does the loss change with z, if you know how it changes with the output f(z)?",
        "dL/dz = dL/d(output) · f'(z), element by element, at the z that forward has stored",
        "d_z = d_output * self.activation_derivative(self.z)",
    ),
    "d_weights": (
        "a weight from input i to neuron j moves z_j by x_i: what is its share of the loss, summed over all samples?",
        "dL/dW = xᵀ · dL/dz, of the same shape as W",
        "self.d_weights = self.inputs.T @ d_z",
    ),
    "d_biases": (
        "a bias is added to z_j in every sample of the batch: so every sample has a share in its gradient",
        "dL/db = dL/dz summed over the samples, one number for each neuron",
        "self.d_biases = d_z.sum(axis=0)",
    ),
    "d_inputs": (
        "an input goes to every neuron, each with its own weight: all of them send a share back",
        "dL/dx = dL/dz · Wᵀ, of the same shape as the inputs; return it",
        "return d_z @ self.weights.T",
    ),
    "network": (
        "the gradient enters where the prediction left: which layer can say first what it means for its own inputs?",
        "for the layers in reverse: gradient = layer.backward(gradient); what is left is dL/d(inputs)",
        "for layer in reversed(self.layers): gradient = layer.backward(gradient)",
    ),
    "loss": (
        "how does the loss change if one entry of the prediction grows a little, and the others stay?",
        "for a mean of squares: 2 · (prediction - target), divided by what forward divides by",
        "return 2.0 * (self.prediction - self.target) / len(self.prediction)",
    ),
}


def layer_hints(about: Sequence[str], strength: int) -> list[str]:
    """The hints for the first thing in `about` that there are any for, as many as `strength` says."""
    for what in about:
        known = HINTS.get(what.partition(" ")[0])
        if known:
            return list(known[:strength])
    return []
