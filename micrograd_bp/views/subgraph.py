"""Which part of a graph is looked at: all of it, what is near a node, or what lies between a value and a leaf."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from micrograd_bp.engine import Value, topological_order


@dataclass(frozen=True)
class Subgraph:
    """Some nodes of a graph.

    Attributes:
        roots: the outputs of the whole graph.
        order: the nodes of this part, operands before results.
        whole: the nodes of the whole graph, in that order.
        left_out: for a node at the border, how many of its edges lead out of this part.
    """

    roots: list[Value]
    order: list[Value]
    whole: list[Value]
    left_out: dict[Value, int] = field(default_factory=dict)


def everything(roots: Sequence[Value]) -> Subgraph:
    """The whole graph."""
    order = topological_order(*roots)
    return Subgraph(list(roots), order, order)


def around(part: Subgraph, centre: Value, hops: int) -> Subgraph:
    """What can be reached from `centre` over at most `hops` edges, in either direction.

    Raises:
        TypeError: `centre` is not a Value.
        ValueError: it is not in the graph, or the number of hops is negative.
    """
    _check_member(part, centre, "around")
    if not isinstance(hops, int) or hops < 0:
        raise ValueError(f"hops is a whole number from 0 up, got {hops!r}")
    users: dict[Value, list[Value]] = {}
    for node in part.whole:
        for operand in node.operands:
            users.setdefault(operand, []).append(node)
    near = {centre}
    border = [centre]
    for _ in range(hops):
        border = [
            neighbour
            for neighbour in dict.fromkeys(each for node in border for each in (*node.operands, *users.get(node, ())))
            if neighbour not in near
        ]
        if not border:
            break
        near.update(border)
    return _restricted(part, near)


def on_paths(part: Subgraph, leaf: Value) -> Subgraph:
    """The nodes on all paths from `leaf` to the roots.

    Raises:
        TypeError: `leaf` is not a Value.
        ValueError: it is not in the graph.
    """
    _check_member(part, leaf, "the leaf")
    reached = {leaf}
    for node in part.whole:
        if not reached.isdisjoint(node.operands):
            reached.add(node)
    return _restricted(part, reached)


def _restricted(part: Subgraph, kept: set[Value]) -> Subgraph:
    left_out: dict[Value, int] = {}
    for node in part.whole:
        for operand in node.operands:
            if (node in kept) != (operand in kept):
                inside = node if node in kept else operand
                left_out[inside] = left_out.get(inside, 0) + 1
    return Subgraph(part.roots, [node for node in part.whole if node in kept], part.whole, left_out)


def _check_member(part: Subgraph, node: Any, what: str) -> None:
    if not isinstance(node, Value):
        raise TypeError(f"{what} is a Value, got {type(node).__name__}: {node!r:.80}")
    if node not in part.whole:  # `==` of Values is identity
        raise ValueError(f"{what} {node!r} is not in the graph of this value")
