"""A graph with numbers in place of references, as programs are written from it."""

import math
from collections.abc import Sequence

from micrograd_bp.compiler.find.graph import dependent
from micrograd_bp.engine import Value, topological_order


class Numbering:
    """The nodes of a graph that depend on its variables, and what they read.

    Leaves come first: the variables in the order given, then constants, which include whatever was computed from
    constants alone. The other nodes follow, operands before results.

    Attributes:
        nodes: all nodes by number.
        number: the number of each node.
        n_variables: how many of the leaves are variables.
        n_leaves: how many leaves there are.
        operands: the numbers of each node's operands; () for a leaf.
        moved: for each node whether one of `targets` leads to it.
        roots: the numbers of the nodes that the program is for.
    """

    def __init__(
        self,
        roots: Sequence[Value],
        variables: Sequence[Value],
        targets: Sequence[Value] = (),
        order: Sequence[Value] | None = None,
    ) -> None:
        """Numbers a graph.

        Args:
            roots: what the program computes.
            variables: the leaves whose numbers the program is given.
            targets: those of them with respect to which it differentiates.
            order: all that the roots are computed from, operands before results, where that is known already.
        """
        computed = dependent(order or topological_order(*roots), variables)
        known = {*variables, *computed}
        operands = [operand for node in computed for operand in node.operands]
        constants = dict.fromkeys([node for node in (*roots, *operands) if node not in known])
        self.nodes = [*variables, *constants, *computed]
        self.n_variables, self.n_leaves = len(variables), len(variables) + len(constants)
        self.number = number = {node: place for place, node in enumerate(self.nodes)}
        self.operands: list[tuple[int, ...]] = [()] * self.n_leaves
        self.operands += [tuple([number[operand] for operand in node.operands]) for node in computed]
        self.roots = [number[root] for root in roots]
        self.moved = bytearray(len(self.nodes))
        for node in (*targets, *(computed if targets == variables else dependent(computed, targets))):
            self.moved[number[node]] = True

    @property
    def constants(self) -> list[float]:
        """The numbers of the constants."""
        return [node.data for node in self.nodes[self.n_variables : self.n_leaves]]

    @property
    def non_finite(self) -> set[str]:
        """The names "inf" and "nan", as far as constants are written so."""
        return {repr(abs(number)) for number in self.constants if not math.isfinite(number)}
