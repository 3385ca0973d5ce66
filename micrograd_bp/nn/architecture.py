"""What makes a network of layers the network it is: sizes and activations, to be saved with it and compared."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

from micrograd_bp.nn.arguments import activation_operation


def layer_activations(n_layers: int, activation: Any, output_activation: str) -> list[str]:
    """The activation of each layer.

    Args:
        n_layers: the number of layers.
        activation: that of all layers but the last, or a list with one for each.
        output_activation: that of the last, where no list is given.

    Raises:
        ValueError: an unknown name, or not as many as layers.
    """
    if isinstance(activation, str) or not isinstance(activation, Iterable):
        activation_operation(activation)  # also where there is one layer, which does not use it
        return [activation] * (n_layers - 1) + [output_activation]
    activations = list(activation)
    if len(activations) != n_layers:
        raise ValueError(f"{n_layers} layers and {len(activations)} activations")
    return activations


def architecture_of(layers: Sequence[Any]) -> dict[str, Any] | None:
    """The arguments of an MLP with these layers, but for those that the parameters replace; None if there are none."""
    if not all(hasattr(layer, "neurons") for layer in layers):  # a list that anybody may add to
        return None
    kinds = [{(n.activation if n.nonlin else "linear", n.fused) for n in layer.neurons} for layer in layers]
    if any(len(kind) != 1 for kind in kinds) or len({fused for ((_, fused),) in kinds}) != 1:
        return None
    return {
        "nin": layers[0].nin,
        "nouts": [len(layer.neurons) for layer in layers],
        "activation": [activation for ((activation, _),) in kinds],
        "fused": layers[0].neurons[0].fused,
    }


def check_same_architecture(ours: dict[str, Any], theirs: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """Refuses the file of a network with other layers or activations.

    Args:
        ours: the architecture of an MLP.
        theirs: what the file says, in whichever way activations may be given.
        path: the file, for the message.

    Raises:
        ValueError: they differ, or the file does not describe an MLP.
    """
    try:
        sizes, n_inputs = theirs["nouts"], theirs["nin"]
        names = layer_activations(
            len(sizes), theirs.get("activation", "relu"), theirs.get("output_activation", "linear")
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} does not describe an MLP: {error}") from None
    if (n_inputs, sizes, names) != (ours["nin"], ours["nouts"], ours["activation"]):
        raise ValueError(
            f"{path} is of an MLP({n_inputs!r:.80}, {sizes!r:.200}, activation={names}), this is an "
            f"MLP({ours['nin']}, {ours['nouts']}, activation={ours['activation']}): MLP.from_file({str(path)!r}) "
            f"makes theirs"
        )
