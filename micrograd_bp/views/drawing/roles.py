"""What the nodes of a drawing are called, and which leaves are inputs, parameters and constants.

Names come from labels, from `names`, and else from the place of an operand: the third weight of a neuron is `w2`. A
parameter is known as such when a module in `names` holds it; else it is a leaf that one module alone uses.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any

from micrograd_bp.engine import Origin, Value
from micrograd_bp.views.drawing.modules import Modules
from micrograd_bp.views.given_names import GivenNames
from micrograd_bp.views.steps.value_names import operand_role


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
        self.modules = Modules()
        self._used_in: dict[Value, Origin | None] = {}
        self._places: dict[Value, str] = {}
        self._shared: set[Value] = set()
        for node in order:
            self._note_uses(node)

    def _note_uses(self, node: Value) -> None:
        """Remembers for each leaf among the operands of a node where it was used, and as what."""
        operation = node.operation
        if operation is None:
            return
        made_in = self.modules.of(node)
        for position, operand in enumerate(node.operands):
            if operand.operands:
                continue
            if operand not in self._used_in:
                self._used_in[operand] = made_in
                place = operand_role(node, position)
                # The second factor of a product is the one that flows through: w * x.
                flows_through = operation.name == "multiply" and place == "b"
                self._places[operand] = place if operation.many else "x" if flows_through else ""
            elif self._used_in[operand] is not made_in:
                self._shared.add(operand)

    def name(self, node: Value) -> str:
        """What people call the node; may be empty."""
        return node.label or self._given.names.get(node) or self._name_by_place(node)

    def is_named(self, node: Value) -> bool:
        """Whether somebody gave the node a name."""
        return bool(node.label or node in self._given.names)

    def _name_by_place(self, node: Value) -> str:
        if node.operands or self._used_in.get(node) is None or self.role(node) is Role.CONSTANT:
            return ""
        place = self._places[node]
        return place if place != "x" else ""

    def module(self, node: Value) -> Origin | None:
        """The module in which a node is drawn: the one that made it; for a leaf, the one that owns it."""
        if node.operands:
            return self.modules.of(node)
        if node in self._shared or self.role(node) is Role.INPUT:
            return None
        return self._used_in.get(node)

    def role(self, node: Value) -> Role:
        """What the node is in the picture."""
        if node in self._roots and node.operands:
            return Role.OUTPUT
        if node.operands:
            return Role.OPERATION
        if node in self._given.parameters:
            return Role.PARAMETER
        in_module = self._used_in.get(node) is not None
        if in_module and not self._given.knows_modules and node not in self._shared:
            flows_through = self._places[node].startswith("x")
            return Role.INPUT if flows_through else Role.PARAMETER
        return Role.INPUT if in_module or self.is_named(node) or node in self._roots else Role.CONSTANT
