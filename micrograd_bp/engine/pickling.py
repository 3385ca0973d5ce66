"""Pickling of Values: a graph of any size, with its sharing kept.

Pickle itself recurses, so a graph is written as one `Bundle` of all inner nodes below a root, in columns; every one
of them is pickled as its place in that bundle. While a pickle is being written it keeps the bundle alive, and a
later root that shares nodes with an earlier one finds them in there. Leaves are written one by one: they
lead no further.
"""

import copyreg
from contextvars import ContextVar
from operator import getitem
from typing import Any
from weakref import finalize, ref

from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.operation import Operation
from micrograd_bp.engine.origin import Origin
from micrograd_bp.engine.value import Value


class Bundle:
    """The inner nodes below a root, but for those that another living bundle holds."""

    def __init__(self, root: Value) -> None:
        bundles = _bundles()
        self.nodes = [node for node in topological_order(root, leave_out=bundles) if node.operands]
        self.places = {id(node): place for place, node in enumerate(self.nodes)}
        # Holding the nodes keeps their ids from being used again; the ids are forgotten with the bundle.
        bundles.update(dict.fromkeys(self.places, ref(self)))
        finalize(self, _forget, bundles, list(self.places))

    def __reduce__(self) -> tuple[Any, ...]:
        outside: dict[Value, int] = {}
        operations: dict[Operation, int] = {}
        origins: dict[Origin | None, int] = {}
        operands: list[int] = []  # places in the bundle from 0 up; what is outside from -1 down
        for node in self.nodes:
            operations.setdefault(node.operation, len(operations))  # type: ignore[arg-type]  # inner nodes have one
            origins.setdefault(node.origin, len(origins))
            for operand in node.operands:
                place = self.places.get(id(operand))
                if place is None:
                    place = -1 - outside.setdefault(operand, len(outside))
                operands.append(place)
        return _unbundle, (
            list(outside),
            list(operations),
            list(origins),
            [operations[node.operation] for node in self.nodes],  # type: ignore[index]  # as above
            [origins[node.origin] for node in self.nodes],
            [len(node.operands) for node in self.nodes],
            operands,
            [derivative for node in self.nodes for derivative in node.local_derivatives],
            [node.data for node in self.nodes],
            [node.grad for node in self.nodes],
            {place: node.label for place, node in enumerate(self.nodes) if node.label},
        )


_living: ContextVar["dict[int, ref[Bundle]] | None"] = ContextVar("living", default=None)
"""The living bundle of each node that is in one, by the node's id. A thread pickles with bundles of its own."""


def _bundles() -> "dict[int, ref[Bundle]]":
    bundles = _living.get()
    if bundles is None:
        bundles = {}
        _living.set(bundles)
    return bundles


def _forget(bundles: "dict[int, ref[Bundle]]", ids: list[int]) -> None:
    for each in ids:
        bundles.pop(each, None)


def _unbundle(
    outside: list[Value],
    operations: list[Operation],
    origins: list[Origin | None],
    node_operations: list[int],
    node_origins: list[int],
    counts: list[int],
    operands: list[int],
    local_derivatives: list[float],
    data: list[float],
    grads: list[float],
    labels: dict[int, str],
) -> list[Value]:
    """The nodes of a bundle, made again."""
    nodes: list[Value] = []
    start = 0
    for place, count in enumerate(counts):
        end = start + count
        node = object.__new__(Value)
        node.data = data[place]
        node.grad = grads[place]
        node.label = labels.get(place, "")
        node.operation = operations[node_operations[place]]
        node.origin = origins[node_origins[place]]
        node.operands = tuple([nodes[each] if each >= 0 else outside[-1 - each] for each in operands[start:end]])
        node.local_derivatives = tuple(local_derivatives[start:end])
        nodes.append(node)
        start = end
    return nodes


def _leaf(data: float, grad: float, label: str, origin: Origin | None) -> Value:
    leaf = object.__new__(Value)
    leaf.data, leaf.grad, leaf.label, leaf.origin = data, grad, label, origin
    leaf.operation, leaf.operands, leaf.local_derivatives = None, (), ()
    return leaf


def _reduce(value: Value) -> tuple[Any, ...]:
    if not value.operands:
        return _leaf, (value.data, value.grad, value.label, value.origin)
    living = _bundles().get(id(value))
    bundle = living() if living is not None else None
    if bundle is None:
        bundle = Bundle(value)
    return getitem, (bundle, bundle.places[id(value)])


copyreg.pickle(Value, _reduce)
