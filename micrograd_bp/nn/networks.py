"""`Neuron` and `Layer`, with the constructor arguments and the order of random numbers of micrograd."""

from collections.abc import Iterable, Iterator
from sys import _getframe
from typing import Any

from micrograd_bp.engine import OPERATIONS, Value
from micrograd_bp.engine.handed import Call, calls_around, handed
from micrograd_bp.engine.origin import Leaf, LeafOrigin, current_origin
from micrograd_bp.engine.value import leaf_of, record
from micrograd_bp.nn.arguments import Rng, activation_operation, as_rng, check_positive, look_up
from micrograd_bp.nn.initial_weights import INITIAL_WEIGHTS
from micrograd_bp.nn.module import Module


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
            checked = Inputs(_leaves(inputs))
        except TypeError as error:
            raise TypeError(f"{module} takes one sample at a time, a list of {expected} numbers; {error}") from None
        if len(checked) != expected:
            raise ValueError(f"{module} takes {expected} inputs, got {len(checked)}")
        return checked


def _leaves(inputs: Iterable[Any]) -> Iterator[Value]:
    """Inputs as Values; a number is an input of the outermost model."""
    calls: list[Call] | None = None
    for place, x in enumerate(inputs):
        if isinstance(x, Value):
            yield x
            continue
        running = current_origin.get()
        module = running.module if running is not None else None
        if calls is None:
            calls = list(calls_around(_getframe(1)))
        leaf = handed(x, module, calls, leaf_of)
        outermost = module.chain()[-1] if module is not None else None
        yield leaf if leaf is not None else leaf_of(x, LeafOrigin(Leaf.INPUT, f"inputs.{place}", outermost))


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
            TypeError: the name of an activation in the place of `nonlin`.
            ValueError: an unknown name, or a number of inputs below 1.
        """
        check_positive("the number of inputs", nin)
        if isinstance(nonlin, str):
            raise TypeError(f"an activation is given by its name: activation={nonlin!r}")
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
