"""`Neuron`, `Layer` and `MLP`, with the constructor arguments and the order of random numbers of micrograd."""

import os
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from micrograd_bp.engine import OPERATIONS, Value
from micrograd_bp.engine.value import record
from micrograd_bp.files import read_json
from micrograd_bp.nn.architecture import architecture_of, check_same_architecture, layer_activations
from micrograd_bp.nn.arguments import Rng, activation_operation, as_rng, check_positive, look_up
from micrograd_bp.nn.initial_weights import INITIAL_WEIGHTS
from micrograd_bp.nn.module import Module, saved_parameters


class Inputs(tuple[Value, ...]):
    """The inputs of a layer, checked and wrapped, so that its neurons need not do it again."""

    __slots__ = ()

    @staticmethod
    def of(inputs: Any, expected: int, module: str) -> "Inputs":
        """Wraps plain numbers.

        Raises:
            ValueError: another number of inputs than expected.
            TypeError: something that is neither a Value nor a number.
        """
        if isinstance(inputs, Value) or not isinstance(inputs, Iterable):
            inputs = (inputs,)  # a layer of one neuron gives one Value, not a list
        try:
            checked = Inputs([x if isinstance(x, Value) else Value(x) for x in inputs])
        except TypeError as error:
            raise TypeError(f"{module} takes one sample at a time, a list of {expected} numbers; {error}") from None
        if len(checked) != expected:
            raise ValueError(f"{module} takes {expected} inputs, got {len(checked)}")
        return checked


class Neuron(Module):
    """The activation of a weighted sum of the inputs: a(Σ wᵢxᵢ + b).

    Attributes:
        weights: one parameter for each input; `w` in micrograd's words.
        bias: the parameter added to the sum; `b` in micrograd's words.
        nonlin: whether the activation is applied.
        fused: whether the sum is one node, `dot`, or is built from products and sums.
    """

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: str = "relu",
        init: str = "uniform",
        rng: Rng = None,
        fused: bool = True,
        nout: int = 1,
    ) -> None:
        """Draws the weights.

        Args:
            nin: the number of inputs.
            nonlin: False leaves the activation out.
            activation: the name of an operation with one operand, or "linear".
            init: how the weights are drawn: "uniform", "xavier" or "kaiming".
            rng: where random numbers come from: the module `random` if not given, or a seed.
            fused: False builds the sum from elementary products and sums, to look at each.
            nout: the number of neurons in the layer, for "xavier".

        Raises:
            ValueError: an unknown name, or a number of inputs below 1.
        """
        check_positive("the number of inputs", nin)
        draw = look_up("init", init, INITIAL_WEIGHTS)
        source = as_rng(rng)
        self.weights = [Value(draw(source, nin, nout)) for _ in range(nin)]
        self.bias = Value(0.0)
        self.nonlin = nonlin
        self.fused = fused
        self.activation = activation

    def forward(self, inputs: Any) -> Value:
        """The neuron's output.

        Args:
            inputs: as many Values or numbers as there are weights; a single one need not be in a list.

        Raises:
            ValueError: another number of inputs.
        """
        if type(inputs) is not Inputs:
            inputs = Inputs.of(inputs, len(self.weights), type(self).__name__)
        if self.fused:
            total = record(OPERATIONS["dot"], (*self.weights, *inputs, self.bias))
        else:
            total = sum((w * x for w, x in zip(self.weights, inputs, strict=True)), self.bias)
        return total.record(self._operation) if self.nonlin and self._operation else total

    @property
    def activation(self) -> str:
        """The name of an operation with one operand, or "linear"."""
        return self._activation

    @activation.setter
    def activation(self, name: str) -> None:
        self._operation = activation_operation(name)
        self._activation = name

    @property
    def w(self) -> list[Value]:
        """The weights, as micrograd calls them."""
        return self.weights

    @w.setter
    def w(self, weights: list[Value]) -> None:
        self.weights = weights

    @property
    def b(self) -> Value:
        """The bias, as micrograd calls it."""
        return self.bias

    @b.setter
    def b(self, bias: Value) -> None:
        self.bias = bias

    def __repr__(self) -> str:
        kind = self._operation.symbol if self.nonlin and self._operation else "Linear"
        return f"{kind}Neuron({len(self.weights)})"


class Layer(Module):
    """Neurons side by side, all with the same inputs."""

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        """Makes the neurons.

        Args:
            nin: the number of inputs.
            nout: the number of neurons.
            kwargs: as for `Neuron`.

        Raises:
            ValueError: an unknown name, or a size below 1.
        """
        check_positive("the number of neurons", nout)
        kwargs["rng"] = as_rng(kwargs.get("rng"))
        self.nin = nin
        self.neurons = [Neuron(nin, nout=nout, **kwargs) for _ in range(nout)]

    def forward(self, inputs: Any) -> Any:
        """The outputs of the neurons: a list, or a single Value for a layer of one neuron.

        Args:
            inputs: one Value or number for each input; numbers are wrapped once for all neurons.

        Raises:
            ValueError: another number of inputs.
        """
        if type(inputs) is not Inputs:
            inputs = Inputs.of(inputs, self.nin, type(self).__name__)
        outputs = [neuron(inputs) for neuron in self.neurons]
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


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

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"
