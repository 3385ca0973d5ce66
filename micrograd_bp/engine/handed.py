"""Numbers that are handed to a module: inputs, and not constants, where they meet the module's parameters.

A module is called with plain numbers, `neuron([2.0, 3.0])`, and its own code multiplies them: `w * x`. The number
object that arrives there is the very one that was handed in. Python keeps one object for equal numbers here and there,
so it is taken for an input only beside a parameter: the 1.0 of `1.0 / (1.0 + e)` is none.
"""

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar

from micrograd_bp.engine.methods import Methods
from micrograd_bp.engine.numbers.floats import is_real
from micrograd_bp.engine.origin import Leaf, LeafOrigin, Origin

Node = TypeVar("Node")


class _Handed:
    """One number object, and its places in what was handed in: several where the same number came several times."""

    def __init__(self, number: Any, module: Origin) -> None:
        self.number = number  # kept, so that no other object gets its id
        self.module = module
        self.names: list[str] = []
        self.leaves: list[Any] = []
        self.turn = 0

    def leaf(self, make: Callable[[Any, Origin], Node]) -> Node:
        """The leaf of the place whose turn it is: `zip(weights, inputs)` goes through all in order, again and again."""
        turn, self.turn = self.turn, (self.turn + 1) % len(self.names)
        if turn == len(self.leaves):
            self.leaves.append(make(self.number, LeafOrigin(Leaf.INPUT, self.names[turn], self.module)))
        return self.leaves[turn]  # type: ignore[no-any-return]  # what `make` has made


handed_numbers: ContextVar[Mapping[int, _Handed]] = ContextVar("handed_numbers", default={})  # noqa: B039  # read only
"""By their ids, what the outermost module of those that run now was called with.

Where that was no number, it is the outermost one that was called with numbers.
"""


def numbers_handed(inputs: Iterable[tuple[str, Any]], module: Origin) -> Mapping[int, _Handed]:
    """The `handed_numbers` of a module.

    Args:
        inputs: what the module is called with, under the names of its arguments: numbers, lists of them, and more.
        module: its origin.
    """
    numbers: dict[int, _Handed] = {}
    for name, given in inputs:
        several = isinstance(given, (list, tuple))
        for place, each in enumerate(given if several else (given,)):
            if not isinstance(each, Methods) and is_real(each):
                handed = numbers.setdefault(id(each), _Handed(each, module))
                handed.names.append(f"{name}.{place}" if several else name)
    return numbers
