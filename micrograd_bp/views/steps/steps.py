"""The backward pass as data: `steps(root)` lists every contribution, `Recording(root)` walks them both ways.

Both compute on their own copy of the gradients, in the order and with the arithmetic of `backward`, so that they end
with the same numbers to the last bit. Neither writes a `grad`.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any

from micrograd_bp.engine import Value
from micrograd_bp.views.names import Names
from micrograd_bp.views.steps.step import Graph, Step
from micrograd_bp.views.steps.step_table import as_html, as_text


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
