"""The backward pass as data: `steps(root)` lists every contribution, `Recording(root)` walks them both ways.

Both compute on their own copy of the gradients, in the order and with the arithmetic of `backward`, so that they end
with the same numbers to the last bit. Neither writes a `grad`.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from micrograd_bp.engine import Value, topological_order
from micrograd_bp.engine.numbers.floats import as_float
from micrograd_bp.engine.numbers.notation import Written
from micrograd_bp.views.given_names import GivenNames
from micrograd_bp.views.names import Names
from micrograd_bp.views.number_text import number
from micrograd_bp.views.steps.formulas import NodeFormulas
from micrograd_bp.views.steps.forward_check import ForwardCheck
from micrograd_bp.views.steps.step_table import as_html, as_text

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
        """The source line that made the node, such as `train.py:12`; "" if lines were not tracked."""
        return self.node.origin.place if self.node.origin is not None else ""

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
        self.roots = list(root) if isinstance(root, Sequence) else [root]
        for each in self.roots:
            if not isinstance(each, Value):
                raise TypeError(f"steps start from a Value, got {type(each).__name__}: {each!r:.80}")
        upstream = [1.0] * len(self.roots) if gradients is None else [as_float(each) for each in gradients]
        if len(upstream) != len(self.roots):
            raise ValueError(
                f"steps need one gradient for each output: {len(self.roots)} outputs, {len(upstream)} gradients"
            )
        self.order = topological_order(*self.roots)
        self.start = dict.fromkeys(self.order, 0.0)
        for output, gradient in zip(self.roots, upstream, strict=True):
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


class Steps(Collection[Step]):
    """The steps of a backward pass: iterate over them, or print them as a table."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._length = sum(len(node.operands) for node in graph.order)

    def __iter__(self) -> Iterator[Step]:
        return self._graph.steps()

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: int) -> Step:
        """One of them, which takes walking up to it."""
        places = range(self._length)
        try:
            return next(islice(self, places[place], None))
        except IndexError:
            raise IndexError(f"there are {self._length} steps, and none at {place}") from None

    def __contains__(self, step: object) -> bool:
        return isinstance(step, Step) and step._graph is self._graph

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return as_html(self)


def steps(
    root: Value | Sequence[Value],
    gradients: Sequence[float] | None = None,
    *,
    names: Any = None,
) -> Steps:
    """Every contribution of the backward pass from `root`, in order; nobody's `grad` is touched.

    Args:
        root: the output, or several of them, as for `backward`.
        gradients: the upstream gradient of each output; 1.0 for each if not given.
        names: what to call values that have no label: a module, or a mapping from names to Values, lists of Values and
            modules, such as `locals()`.

    Raises:
        TypeError: an output is not a Value, a gradient not a number, or `names` of another kind.
        ValueError: not as many gradients as outputs.
    """
    return Steps(Graph(root, gradients, names))


class Recording:
    """A backward pass that can be walked forwards and backwards; exact at every position.

    Attributes:
        steps: all steps, in order.
        position: how many of them have been taken.
    """

    def __init__(
        self,
        root: Value | Sequence[Value],
        gradients: Sequence[float] | None = None,
        *,
        names: Any = None,
    ) -> None:
        """Records the pass, as `steps` would list it; the walk begins before the first step."""
        self.graph = Graph(root, gradients, names)
        self.steps = list(self.graph.steps())
        self.position = 0
        self._gradients = dict(self.graph.start)

    @property
    def names(self) -> Names:
        """What each value is called."""
        return self.graph.names

    @property
    def latest(self) -> Step | None:
        """The step that was taken last; None at the start."""
        return self.steps[self.position - 1] if self.position else None

    def gradient(self, value: Value) -> float:
        """The gradient of a value at this position; 0.0 for one outside of the graph."""
        return self._gradients.get(value, 0.0)

    def gradients(self) -> dict[Value, float]:
        """The gradient of every value of the graph at this position: a copy."""
        return dict(self._gradients)

    def forward(self) -> Step | None:
        """Takes the next step and returns it; None at the end."""
        if self.position == len(self.steps):
            return None
        step = self.steps[self.position]
        self._gradients[step.operand] = step.after
        self.position += 1
        return step

    def back(self) -> Step | None:
        """Takes the latest step back and returns it; None at the start."""
        if self.position == 0:
            return None
        self.position -= 1
        step = self.steps[self.position]
        self._gradients[step.operand] = step.before
        return step

    def goto(self, position: int) -> None:
        """Walks to where `position` steps have been taken.

        Raises:
            ValueError: there is no such position.
        """
        if isinstance(position, bool) or not isinstance(position, int) or not 0 <= position <= len(self.steps):
            raise ValueError(f"a position is a whole number from 0 to {len(self.steps)}, got {position!r}")
        while self.position < position:
            self.forward()
        while self.position > position:
            self.back()
