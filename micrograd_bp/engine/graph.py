"""Walks over a graph.

A graph is whatever has `operands`: Values, and the formulas that rules are traced on. Nothing here recurses,
so that a chain of a million operations is walked like any other, and every order is the same from run to run.
"""

from collections.abc import Collection, Iterable
from itertools import filterfalse
from typing import Any, NamedTuple, Protocol, TypeVar


class HasOperands(Protocol):
    """Anything made from operands of its own kind."""

    @property
    def operands(self) -> tuple[Any, ...]:
        """What it was made from, in order."""


Node = TypeVar("Node", bound=HasOperands)


def topological_order(*roots: Node, leave_out: Collection[int] = frozenset()) -> list[Node]:
    """All nodes that `roots` were computed from, operands before results, each node once.

    The order is that of a depth-first search which visits operands from the first to the last.

    Args:
        roots: the nodes to start from; they are part of the answer.
        leave_out: ids of nodes to leave out, with everything that only they lead to.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    stack: list[Any] = list(reversed(roots))
    pop, push, see, was_seen = stack.pop, stack.append, seen.add, seen.__contains__
    while stack:
        node = pop()
        if node is None:  # a mark: all operands of the node below it are in the order
            order.append(pop())
            continue
        if node in seen or (leave_out and id(node) in leave_out):
            continue
        see(node)
        if operands := node.operands:
            push(node)
            push(None)
            # Of many operands most have been seen, such as the weights of a neuron that runs again.
            stack += operands[::-1] if len(operands) < 8 else filterfalse(was_seen, operands[::-1])
        else:
            order.append(node)
    return order


def leaves(*roots: Node) -> list[Node]:
    """The nodes that no operation made, in topological order."""
    return [node for node in topological_order(*roots) if not node.operands]


class Size(NamedTuple):
    """How large a graph is: `nodes`, and `edges`, one for each operand of each node (`x * x` has two)."""

    nodes: int
    edges: int


def size(*roots: Node) -> Size:
    """Counts the nodes and edges below `roots`, the roots included."""
    order: Iterable[Node] = topological_order(*roots)
    counts = [len(node.operands) for node in order]
    return Size(nodes=len(counts), edges=sum(counts))
