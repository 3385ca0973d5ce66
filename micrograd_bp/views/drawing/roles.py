"""What the nodes of a drawing are called, and which leaves are inputs, parameters and constants.

What a leaf is was recorded in its origin when it was made. Names come from labels, from `names`, and else from there.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any

from micrograd_bp.engine import Origin, Value
from micrograd_bp.engine.origin import Leaf
from micrograd_bp.views.drawing.modules import made_by
from micrograd_bp.views.given_names import GivenNames


class Role(Enum):
    """What a node is in the picture."""

    INPUT = "input"
    PARAMETER = "parameter"
    CONSTANT = "constant"
    OPERATION = "operation"
    OUTPUT = "output"


class Roles:
    """Names and roles of the nodes of a graph."""

    def __init__(self, names: Any, roots: Sequence[Value], order: Sequence[Value]) -> None:
        """Reads `names`.

        Args:
            names: what `GivenNames` reads.
            roots: the outputs.
            order: the nodes of the graph.

        Raises:
            TypeError: `names` is none of what that can be.
        """
        self._given = GivenNames(names)
        self._roots = set(roots)
        self._used_in: dict[Value, Origin | None] = {}
        self._unnamed: dict[Value, str] = {}
        for node in order:
            if not node.operands and self._leaf(node) is Leaf.MADE and not self.name(node):
                self._unnamed[node] = f"v{len(self._unnamed) + 1}"
            for operand in node.operands:
                made_in = made_by(node)
                if self._used_in.setdefault(operand, made_in) is not made_in:
                    self._used_in[operand] = None

    def _leaf(self, node: Value) -> Leaf:
        """What a leaf is."""
        if node in self._given.parameters:
            return Leaf.PARAMETER
        return (node.origin.leaf if node.origin is not None else None) or Leaf.MADE

    def name(self, node: Value) -> str:
        """What people call the node; may be empty."""
        chosen = node.label or self._given.names.get(node, "")
        if chosen or node.operands or node.origin is None:
            return chosen or self._unnamed.get(node, "")
        return node.origin.scope or self._unnamed.get(node, "")

    def is_named(self, node: Value) -> bool:
        """Whether somebody gave the node a name."""
        return bool(node.label or node in self._given.names)

    def module(self, node: Value) -> Origin | None:
        """The module in which a node is drawn: the one that made it, has it as parameter, or alone uses a constant."""
        if node.operands:
            return made_by(node)
        role = self.role(node)
        if role is Role.PARAMETER and node.origin is not None and node.origin.parent is not None:
            return node.origin.parent
        return self._used_in.get(node) if role in (Role.CONSTANT, Role.PARAMETER) else None

    def role(self, node: Value) -> Role:
        """What the node is in the picture."""
        if node.operands:
            return Role.OUTPUT if node in self._roots else Role.OPERATION
        match self._leaf(node):
            case Leaf.PARAMETER:
                return Role.PARAMETER
            case Leaf.LIFTED if not self.is_named(node):
                return Role.CONSTANT
            case _:
                return Role.INPUT
