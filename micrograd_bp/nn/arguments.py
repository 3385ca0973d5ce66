"""What the constructors of networks are given: names, sizes, sources of random numbers."""

import operator
import random
from typing import Any, TypeVar

from micrograd_bp.engine import OPERATIONS, Operation
from micrograd_bp.engine.suggestions import did_you_mean

Rng = random.Random | int | None
T = TypeVar("T")


def as_rng(rng: Rng) -> Any:
    """A source of random numbers: the module `random`, a generator, or a new one with a seed.

    Raises:
        TypeError: `rng` is neither a generator nor a whole number.
    """
    if rng is None:
        return random
    if hasattr(rng, "uniform") and hasattr(rng, "gauss"):
        return rng
    try:
        return random.Random(operator.index(rng))
    except TypeError:
        raise TypeError(f"rng is a seed or a random.Random, got {rng!r:.80}") from None


def activation_operation(name: str) -> Operation | None:
    """The operation of an activation; None for "linear".

    Raises:
        ValueError: there is no such operation with one operand.
    """
    activations: dict[str, Operation | None] = {"linear": None}
    for operation in OPERATIONS.values():
        complete = len(operation.constants) == len(operation.trace.constants)
        if len(operation.operand_names) == 1 and not operation.many and complete:
            activations[operation.name] = operation
    return look_up("activation", name, activations)


def look_up(argument: str, name: str, table: dict[str, T]) -> T:
    """The entry of that name.

    Raises:
        ValueError: there is none; the message says which was probably meant, or lists what there is.
    """
    if name not in table:
        raise ValueError(f"unknown {argument} {name!r}; {did_you_mean(getattr(name, '__name__', name), table)}")
    return table[name]


def check_positive(what: str, number: int) -> None:
    """Refuses anything but a whole number from 1 up with a ValueError."""
    if not hasattr(number, "__index__") or number < 1:
        raise ValueError(f"{what} is a whole number from 1 up, got {number!r}")
