"""The functions of arrays that a program calls as `xp`: those of a library, with what it lacks supplied."""

import math
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from micrograd_bp.compiler.arrays.language import Shape
from micrograd_bp.engine.numbers.arrays import Arrays

NEEDED = ("asarray", "broadcast_to", "concat", "full_like", "reshape", "stack", "where")


class ArrayFunctions(Arrays):
    """Functions of numbers, entry by entry, as `Arrays` has them, and functions of whole arrays."""

    inf, nan = math.inf, math.nan

    def __init__(self, xp: Any) -> None:
        """Starts from a module of array functions.

        Raises:
            TypeError: it has not the functions that the array API standard asks for.
        """
        missing = [name for name in NEEDED if not hasattr(xp, name)]
        if missing:
            raise TypeError(
                "expected a module of array functions that follows the array API standard, such as torch or jax.numpy; "
                f"{getattr(xp, '__name__', repr(xp)):.80} has no function {missing[0]}"
            )
        super().__init__(xp)

    def precision(self, dtype: str) -> str:
        """The type that the library computes with if asked for `dtype`."""
        return dtype

    def device(self, like: Any) -> dict[str, Any]:
        """What puts an array to the device where `like` is, if there is such an array."""
        return {} if like is None else {"device": like.device}

    def asarray(self, numbers: Any, dtype: str, like: Any = None) -> Any:
        """Numbers as an array of a type, on the device where `like` is."""
        asarray = getattr(self.xp, "as_tensor", self.xp.asarray)  # PyTorch's `asarray` warns of tensors with gradients
        return asarray(numbers, dtype=getattr(self.xp, self.precision(dtype)), **self.device(like))

    def array(self, number: float, like: Any) -> Any:
        """A number as an array without axes, of the type and on the device of `like`."""
        return self.xp.asarray(number, dtype=like.dtype, **self.device(like))

    def as_array(self, number: Any, like: Any) -> Any:
        """An array as it is, and a plain number as an array."""
        return number if hasattr(number, "dtype") else self.array(number, like)

    def constant(self, numbers: "np.ndarray[Any, Any]", like: Any) -> Any:
        """Numbers, or an index, that the program holds, on the device where `like` is; numbers of its type."""
        kind = {"dtype": like.dtype} if numbers.dtype.kind == "f" else {}
        return self.xp.asarray(numbers, **self.device(like), **kind)

    def place(self, like: Any) -> Any:
        """What the constants for `like` have in common: its type and its device."""
        return str(like.dtype), *self.device(like).values()

    def broadcast_to(self, x: Any, shape: Shape) -> Any:
        """The entries repeated until they have this shape."""
        return self.xp.broadcast_to(x, shape)

    def reshape(self, x: Any, shape: Shape) -> Any:
        """The same entries in another shape."""
        return self.xp.reshape(x, shape)

    def concat(self, parts: Any) -> Any:
        """Arrays side by side along the last axis."""
        return self.xp.concat(parts, axis=-1)

    def take(self, x: Any, index: Any) -> Any:
        """The entries along the last axis that an index names."""
        if hasattr(self.xp, "index_select"):  # PyTorch's `take` is another function
            return self.xp.index_select(x, -1, index)
        return self.xp.take(x, index, axis=-1)

    def outer(self, a: Any, b: Any) -> Any:
        """The products of each entry of a list with each of another."""
        return a[:, None] * b[None, :]

    def total(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        """The sum over some axes."""
        return self.xp.sum(x, axis=axis, keepdims=keepdims)

    def largest(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        """The maximum over some axes."""
        function = getattr(self.xp, "amax", None) or self.xp.max  # PyTorch's `max` gives places too
        return function(x, axis=axis, keepdims=keepdims)

    def moveaxis(self, x: Any, source: int, destination: int) -> Any:
        """The array with one of its axes moved to another place."""
        return self.xp.moveaxis(x, source, destination)

    def scan(
        self, step: Callable[[Any, Any], Any], carried: Any, in_turn: Any, rounds: int, backward: bool = False
    ) -> Any:
        """Runs the rounds of a loop.

        Args:
            step: a round: from what is carried, and what is there for it, to what it hands on, and what it gives.
            carried: what the first round takes over.
            in_turn: arrays with a first axis for the rounds.
            rounds: how many there are.
            backward: whether the last one runs first.

        Returns:
            What the last round hands on, and arrays of what all rounds give, with a first axis for them.
        """
        results = []
        for number in reversed(range(rounds)) if backward else range(rounds):
            carried, of_round = step(carried, tuple([each[number, ...] for each in in_turn]))
            results.append(of_round)
        stacks = zip(*(reversed(results) if backward else results), strict=True)
        return carried, tuple([self.xp.stack(stack, axis=0) for stack in stacks])

    def unstack(self, x: Any, axis: int = -1) -> list[Any]:
        """The entries along an axis, one by one."""
        if hasattr(self.xp, "unstack"):
            return list(self.xp.unstack(x, axis=axis))
        x = self.moveaxis(x, axis, 0)
        return [x[place, ...] for place in range(x.shape[0])]

    def stack(self, arrays: Sequence[Any]) -> Any:
        """Arrays of the same shape along a new last axis."""
        return self.xp.stack(arrays, axis=-1)

    def mean(self, x: Any) -> Any:
        """The mean of all entries."""
        return self.xp.mean(x)


class JaxFunctions(ArrayFunctions):
    """The same for `jax.numpy`, whose functions also run on what is traced, which is nowhere yet."""

    def precision(self, dtype: str) -> str:
        """Single where JAX, as it is set up now, knows no other."""
        return str(import_module("jax").dtypes.canonicalize_dtype(dtype))

    def device(self, like: Any) -> dict[str, Any]:
        """Nothing: what is traced is nowhere."""
        return {}

    def constant(self, numbers: "np.ndarray[Any, Any]", like: Any) -> Any:
        """The numbers as they are: an array of JAX's that is made while something is traced does not outlive that."""
        return numbers.astype(like.dtype) if numbers.dtype.kind == "f" else numbers

    def scan(
        self, step: Callable[[Any, Any], Any], carried: Any, in_turn: Any, rounds: int, backward: bool = False
    ) -> Any:
        """Runs the rounds of a loop, of which JAX compiles one."""
        return import_module("jax").lax.scan(step, carried, in_turn, length=rounds, reverse=backward)


def array_functions(xp: Any) -> ArrayFunctions:
    """The functions for a library."""
    return JaxFunctions(xp) if getattr(xp, "__name__", "") == "jax.numpy" else ArrayFunctions(xp)


def jax_numpy() -> Any:
    """The module `jax.numpy`.

    Raises:
        ImportError: JAX is not installed.
    """
    try:
        return import_module("jax.numpy")
    except ImportError as error:
        raise ImportError("this takes JAX: pip install jax") from error
