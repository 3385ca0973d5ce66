"""What is to be compiled: a graph of scalars, and what is wanted of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from micrograd_bp.engine import Value


class Graph(NamedTuple):
    """A graph of scalars, and what is wanted of it.

    Attributes:
        loss: its root.
        inputs: leaves that differ from sample to sample, by name.
        parameters: leaves to differentiate with respect to.
        outputs: nodes that `predict` gives, by name.
        order: all nodes, operands before results.
    """

    loss: Value
    inputs: dict[str, list[Value]]
    parameters: list[Value]
    outputs: dict[str, list[Value]]
    order: list[Value]

    @property
    def roots(self) -> list[Value]:
        """The nodes that are wanted."""
        return [self.loss, *members(self.outputs)]

    def require_outputs(self) -> None:
        """Refuses to predict where there is nothing to predict.

        Raises:
            ValueError: there are no outputs.
        """
        if not self.outputs:
            raise ValueError('this program has no outputs: compile(…, outputs={"scores": scores}) gives it some')

    def sizes(self, names: Iterable[str]) -> dict[str, int]:
        """How many members inputs have."""
        return {name: len(self.inputs[name]) for name in names}


def members(named: Mapping[str, Sequence[Value]]) -> list[Value]:
    """The Values under all names, one after the other."""
    return [node for nodes in named.values() for node in nodes]


def dependent(order: Iterable[Value], given: Iterable[Value]) -> list[Value]:
    """Those nodes of a topological order that are computed from given ones, directly or not."""
    known, computed = set(given), []
    for node in order:
        if not known.isdisjoint(node.operands):
            known.add(node)
            computed.append(node)
    return computed
