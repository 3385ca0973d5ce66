"""One contribution of a backward pass, and the graph whose contributions these are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from micrograd_bp.engine import Value, topological_order
from micrograd_bp.engine.numbers.notation import Written
from micrograd_bp.engine.value import starting_gradients
from micrograd_bp.views.given_names import GivenNames
from micrograd_bp.views.names import Names
from micrograd_bp.views.number_text import number
from micrograd_bp.views.remarks import source
from micrograd_bp.views.roots import as_roots
from micrograd_bp.views.steps.formulas import NodeFormulas
from micrograd_bp.views.steps.forward_check import ForwardCheck

CHANGED = "data was changed after the forward pass; this is the derivative of then"


@dataclass(slots=True, eq=False)  # frozen, it would take five times as long to make
class Step:
    """One contribution: what one edge of the graph adds to an operand's gradient. Nobody changes one.

    Attributes:
        number: its place in the backward pass, from 1.
        node: whose gradient is passed on.
        operand: the operand that receives something.
        position: which operand of the node it is, from 0; in `x * x` there are two.
        upstream_gradient: d(output)/d(node).
        local_derivative: d(node)/d(operand), as recorded in the forward pass.
        contribution: the product of both.
        before: the operand's gradient before this step.
        after: the operand's gradient after it.
    """

    number: int
    node: Value
    operand: Value
    position: int
    upstream_gradient: float
    local_derivative: float
    contribution: float
    before: float
    after: float
    _graph: "Graph" = field(repr=False)

    @property
    def node_name(self) -> str:
        """What the node is called."""
        return self._graph.names[self.node]

    @property
    def operand_name(self) -> str:
        """What the operand is called."""
        return self._graph.names[self.operand]

    def short_names(self, width: int) -> tuple[str, str]:
        """The names of node and operand in at most `width` characters each."""
        names = self._graph.names
        return names.short(self.node, width), names.short(self.operand, width)

    @property
    def source(self) -> str:
        """File and number of the source line that made the node; "" if lines were not tracked."""
        return source(self.node)

    @property
    def is_first(self) -> bool:
        """Whether it is the first step of its node."""
        return self.position == 0

    @property
    def changed(self) -> bool:
        """Whether the numbers that the node was computed with are no longer there: somebody has set `.data` since."""
        return ForwardCheck(self.node).changed

    @property
    def formula(self) -> Written:
        """The local derivative in names and with numbers in: `∂tanh(n)/∂n = 1 - tanh(n)² = 1 - 0.7071² = 0.5`.

        Where the numbers were changed after the forward pass, the formula in names and the derivative as recorded.
        """
        return self._formula(ForwardCheck(self.node))

    def _formula(self, check: ForwardCheck) -> Written:
        operation = self.node.operation
        if operation is None or not operation.operand_names:
            text = f"{number(self.local_derivative)}, as this node was made by hand and has no rule"
            return Written(text, rf"\text{{{text}}}")
        formulas = self._graph.formulas(self.node)
        if check.holds(self.position, formulas.mentions_itself(self.position)):
            return formulas.local_derivative(self.position, self.local_derivative)
        text, latex = formulas.local_derivative_in_names(self.position)
        recorded = number(self.local_derivative)
        return Written(f"{text}, recorded as {recorded}", rf"{latex}, \text{{ recorded as }} {recorded}")

    @property
    def target(self) -> str:
        """The operand's name, and which of several equal operands it is: `x (operand 2 of 2)`."""
        if self.node.operands.count(self.operand) == 1:
            return self.operand_name
        return f"{self.operand_name} (operand {self.position + 1} of {len(self.node.operands)})"

    def __str__(self) -> str:
        check = ForwardCheck(self.node)
        lines = [
            f"{self.node_name} → {self.target}",
            *([f"  made at {self.source}"] if self.source else []),
            f"  {self._formula(check).text}",
            f"  contribution: upstream gradient · local derivative = {number(self.upstream_gradient)} · "
            f"{number(self.local_derivative)} = {number(self.contribution)}",
            f"  gradient of {self.operand_name}: {number(self.before)} → {number(self.after)}",
        ]
        if check.changed:
            lines.append(f"  note: {CHANGED}")
        return "\n".join(lines)


class Graph:
    """The graph below some outputs, in the order of `backward`, and what is known about its nodes."""

    def __init__(
        self,
        root: Value | Sequence[Value],
        gradients: Sequence[float] | None = None,
        names: Any = None,
    ) -> None:
        self.roots = as_roots(root)
        self.order = topological_order(*self.roots)
        self.start = dict.fromkeys(self.order, 0.0)
        for output, gradient in zip(self.roots, starting_gradients(self.roots, gradients), strict=True):
            self.start[output] += gradient
        self._given = GivenNames(names)
        self._formulas: tuple[Value, NodeFormulas] | None = None

    @cached_property
    def names(self) -> Names:
        """What each value is called."""
        return Names(self._given, self.roots, self.order)

    def formulas(self, node: Value) -> NodeFormulas:
        """What the rule of `node` says; remembered for the latest node."""
        if self._formulas is None or self._formulas[0] is not node:
            self._formulas = node, NodeFormulas(node, self.names)
        return self._formulas[1]

    def steps(self) -> Iterator[Step]:
        """The contributions, in the order of `backward`."""
        gradients = dict(self.start)
        count = 0
        for node in reversed(self.order):
            upstream = gradients[node]
            for position, (operand, local_derivative) in enumerate(
                zip(node.operands, node.local_derivatives, strict=True)
            ):
                count += 1
                contribution = upstream * local_derivative
                before = gradients[operand]
                gradients[operand] = after = before + contribution
                yield Step(
                    count, node, operand, position, upstream, local_derivative, contribution, before, after, self
                )
