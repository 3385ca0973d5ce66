"""`MLP`: layers one after the other; new, from a file, or from the arrays of a network trained elsewhere."""

import os
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from micrograd_bp.files import read_json
from micrograd_bp.nn.architecture import architecture_of, check_same_architecture, layer_activations
from micrograd_bp.nn.arguments import Rng, as_rng, look_up
from micrograd_bp.nn.module import Module, saved_parameters
from micrograd_bp.nn.networks import Layer


class MLP(Module):
    """A multi-layer perceptron: layers one after the other, the last one without activation by default."""

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: str | Sequence[str] = "relu",
        output_activation: str = "linear",
        init: str = "uniform",
        rng: Rng = None,
        fused: bool = True,
    ) -> None:
        """Makes the layers.

        Args:
            nin: the number of inputs.
            nouts: the number of neurons in each layer.
            activation: the name of an operation with one operand, or "linear", for all layers but the last;
                or a list of such names, one for each layer.
            output_activation: the same for the last layer, where no list is given.
            init: how the weights are drawn: "uniform", "xavier" or "kaiming".
            rng: where random numbers come from: the module `random` if not given, or a seed.
            fused: False builds each sum from elementary products and sums, to look at each.

        Raises:
            TypeError: the sizes are not in a list.
            ValueError: an unknown name, a size below 1, no layers, or not as many activations as layers.
        """
        if not isinstance(nouts, Iterable):
            raise TypeError(f"an MLP takes a list with the size of each layer, such as [16, 1], got {nouts!r}")
        sizes = [nin, *nouts]
        if len(sizes) == 1:
            raise ValueError("an MLP needs at least one layer: MLP(2, [16, 1])")
        activations = layer_activations(len(sizes) - 1, activation, output_activation)
        source = as_rng(rng)
        self.layers = [
            Layer(
                sizes[i],
                sizes[i + 1],
                nonlin=name != "linear",
                activation=name,
                init=init,
                rng=source,
                fused=fused,
            )
            for i, name in enumerate(activations)
        ]

    def forward(self, inputs: Any) -> Any:
        """The outputs of the last layer: a list, or a single Value if it has one neuron.

        Args:
            inputs: one Value or number for each input.

        Raises:
            ValueError: another number of inputs.
        """
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    def architecture(self) -> dict[str, Any] | None:
        """The constructor's arguments, but for those that the parameters replace, of the layers as they are now.

        Returns:
            None if somebody has changed them into some that the constructor does not make.
        """
        return architecture_of(self.layers)

    def compare_architectures(self, ours: dict[str, Any], theirs: dict[str, Any], path: str | os.PathLike[str]) -> None:
        """Refuses the file of a network with other layers or activations; whether they are fused is a matter of taste.

        Raises:
            ValueError: they differ, or the file does not describe an MLP.
        """
        if "nouts" not in ours:  # a class of somebody's own, made by other arguments
            super().compare_architectures(ours, theirs, path)
        else:
            check_same_architecture(ours, theirs, path)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> "MLP":
        """The network that `save` wrote.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is not the file of an MLP.
        """
        content = read_json(path, "model")
        parameters = saved_parameters(content, path)
        if content.get("architecture") is None:
            raise ValueError(
                f"{path} does not describe an MLP: it says nothing of the layers, so build a model as the saved one "
                f"was built and model.load(…) the file"
            )
        try:
            sizes = [content["architecture"]["nin"], *content["architecture"]["nouts"]]
            if any(type(size) is not int for size in sizes):
                raise ValueError(f"the sizes of its layers are whole numbers, got {sizes!r:.80}")
            expected = sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))
            if expected > 2 * len(parameters):  # before a network is built that the memory may not hold
                raise ValueError(f"its layers have {expected} parameters, and {len(parameters)} are given")
            network = cls(**content["architecture"], rng=0)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} does not describe an MLP: {error}") from None
        network.load_state_dict(parameters)
        return network

    @classmethod
    def from_arrays(
        cls,
        layers: Any,
        *,
        activation: str | Sequence[str] | None = None,
        output_activation: str | None = None,
        weights: str | None = None,
        fused: bool = True,
    ) -> "MLP":
        """The network whose weights somebody has in arrays, as other libraries give them.

        The arrays may be
        - a list of pairs `(W, b)`;
        - what Keras's `get_weights()` gives: `[W, b, W, b, …]`;
        - what PyTorch's `Sequential(…).state_dict()` gives, layers in its order;
        - a fitted `MLPClassifier` or `MLPRegressor` of scikit-learn, which knows its activations too.

        A softmax at the end, as scikit-learn has it for several classes, is left to the loss: the outputs are what goes
        into it, as `cross_entropy` takes them.

        Args:
            layers: the arrays; each W has two axes, each b one.
            activation: the name of an operation with one operand, or "linear", for all layers but the last; or a list
                of such names, one for each layer.
            output_activation: the same for the last layer, where no list is given; "linear" if nobody says.
            weights: "in, out" if x @ W + b is a layer, "out, in" if W @ x + b is. Needed where the shapes of a list do
                not tell: where all layers are equally large.
            fused: False builds each sum from elementary products and sums, to look at each.

        Raises:
            TypeError: nothing that arrays can be taken from.
            ValueError: shapes that do not fit, numbers that are not finite, no layers, an activation that is unknown,
                not given, or another than that of the model.
        """
        from micrograd_bp.nn.arrays import read_layers  # which most programs do without

        read = read_layers(layers, weights)
        if read.activation and activation not in (None, read.activation):
            raise ValueError(f"the model says that its activation is {read.activation}, not {activation}")
        if read.output_activation and output_activation not in (None, read.output_activation):
            raise ValueError(f"the model says that its outputs are {read.output_activation}, not {output_activation}")
        activation = activation or read.activation
        if activation is None and len(read.layers) > 1:
            raise ValueError('arrays do not say what comes between the layers: MLP.from_arrays(…, activation="relu")')
        network = cls(
            len(read.layers[0].weights),
            [len(layer.biases) for layer in read.layers],
            activation=activation or "linear",
            output_activation=output_activation or read.output_activation or "linear",
            rng=0,
            fused=fused,
        )
        for layer, arrays in zip(network.layers, read.layers, strict=True):
            columns = zip(*arrays.weights, strict=True)
            for neuron, column, bias in zip(layer.neurons, columns, arrays.biases, strict=True):
                for parameter, number in zip([*neuron.weights, neuron.bias], [*column, bias], strict=True):
                    parameter.data = number
        return network

    def to_arrays(self, weights: str = "in, out") -> list[tuple[Any, Any]]:
        """A pair of NumPy arrays `(W, b)` for each layer, as `from_arrays` takes them.

        Args:
            weights: "in, out" if x @ W + b is to be a layer, as in Keras and scikit-learn; "out, in" for W @ x + b, as
                in PyTorch.

        Raises:
            ValueError: `weights` is neither.
        """
        import numpy

        from micrograd_bp.nn.arrays import ORDERS

        is_transposed = look_up("order of weights", weights, ORDERS)
        pairs = []
        for layer in self.layers:
            rows = numpy.array([[weight.data for weight in neuron.weights] for neuron in layer.neurons])
            biases = numpy.array([neuron.bias.data for neuron in layer.neurons])
            pairs.append((rows if is_transposed else rows.T.copy(), biases))
        return pairs

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"
