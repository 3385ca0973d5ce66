"""A graph as straight-line code: one statement for each node, forwards and backwards.

It suits graphs in which there are no matrices to find. The same Python runs on floats, sample by sample, and on arrays
with a number for each sample of a batch. A few samples may run on a tape instead, many times as fast.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from micrograd_bp.compiler import thresholds
from micrograd_bp.compiler.find.graph import Graph, members
from micrograd_bp.compiler.find.numbering import Numbering
from micrograd_bp.compiler.run.located import Located
from micrograd_bp.compiler.run.matrices import is_debugged
from micrograd_bp.compiler.write.functions import Function, FunctionText, called, module_parts
from micrograd_bp.compiler.write.source_text import Place, SourceText
from micrograd_bp.engine import Value, leaves
from micrograd_bp.engine.numbers.arrays import Arrays

if TYPE_CHECKING:
    from micrograd_bp.compiler.run.tape import Tape

Array = NDArray[numpy.float64]


class Lines(Located):
    """The program of a graph.

    Attributes:
        with_respect_to: the inputs whose gradients it gives besides that of the parameters.
        predict_inputs: the names of the inputs that the outputs depend on.
        has_tape: whether few samples run on a tape, for which its kernel must have an instruction for every function.
    """

    views = ()

    def __init__(self, graph: Graph, with_respect_to: Sequence[str] = (), *, tape: bool | None = False) -> None:
        """Prepares the program.

        Args:
            graph: what is to be compiled.
            with_respect_to: the inputs whose gradients are asked for besides that of the parameters.
            tape: whether few samples run on a tape, if the graph can be put on one; None if they do when the calls so
                far would have paid for making it. Python is written when it is first asked for.
        """
        self._n_parameters = len(graph.parameters)
        self.with_respect_to = with_respect_to
        self._with_respect_to = [len(graph.inputs[name]) for name in with_respect_to]
        targets = [*graph.parameters, *members({name: graph.inputs[name] for name in with_respect_to})]
        order = None if graph.outputs else graph.order  # of the loss alone
        self._graph = Numbering([graph.loss], [*graph.parameters, *members(graph.inputs)], targets, order)
        places = [self._graph.number[target] for target in targets]
        self._functions = {
            "value_and_gradient": Function(self._graph, self._n_parameters, graph.sizes(graph.inputs), targets=places)
        }
        used = set(leaves(*members(graph.outputs)))
        needed = {name: group for name, group in graph.inputs.items() if not used.isdisjoint(group)}
        self.predict_inputs = list(needed)
        self._outputs: dict[str, list[int]] = {}
        if graph.outputs:
            nodes = Numbering(members(graph.outputs), [*graph.parameters, *members(needed)], members(needed))
            self._outputs = {name: [nodes.number[node] for node in group] for name, group in graph.outputs.items()}
            self._functions["predict"] = Function(nodes, self._n_parameters, graph.sizes(needed), outputs=self._outputs)
        self._tapes = _tapes(self._functions) if tape else {}
        self.has_tape = bool(self._tapes)
        self._operations_left = math.inf if tape is not None else thresholds.OPERATIONS_BEFORE_A_TAPE

    @cached_property
    def _written(self) -> list[FunctionText]:
        return [FunctionText(function) for function in self._functions.values()]

    @cached_property
    def text(self) -> SourceText:
        """The source in Python, which is written when it is first asked for."""
        return SourceText(module_parts(self._written, len(self._graph.nodes) - self._graph.n_leaves))

    @cached_property
    def _on_floats(self) -> dict[str, Any]:
        return self.text.run()

    @cached_property
    def _on_arrays(self) -> dict[str, Any]:
        return self.bound(partial(getattr, Arrays(numpy)))

    def bound(self, function: Callable[[str], Any]) -> dict[str, Any]:
        """What the source defines, with the functions of another kind of numbers than floats."""
        namespace = self.text.run()
        namespace |= {name: function(name) for name in called(self._written)}
        return namespace

    @property
    def buffered_source(self) -> str:
        """The same, as nothing works in place."""
        return self.source

    def value_and_gradient(self, parameters: Array, inputs: Sequence[Array], batch: int | None) -> tuple[Any, ...]:
        """The mean of the loss over a batch, and its derivatives, in IEEE arithmetic.

        Args:
            parameters: their numbers.
            inputs: an array (batch, members) for each group.
            batch: how many samples there are; None for a loss without inputs.

        Returns:
            The value, the gradient with respect to the parameters, and for each group in `with_respect_to` an array
            (batch, members).
        """
        with numpy.errstate(all="ignore"):
            table = self._table("value_and_gradient", parameters, inputs, batch)
            value, *gradient = table[:, : 1 + self._n_parameters].mean(axis=0)
            d_inputs = table[:, 1 + self._n_parameters :] / len(table)
        d_groups = numpy.split(d_inputs, numpy.cumsum(self._with_respect_to), axis=1)[:-1]
        return float(value), numpy.array(gradient), *d_groups

    def predict(self, parameters: Array, inputs: Sequence[Array], batch: int | None) -> dict[str, Array]:
        """The outputs: arrays (batch, members), or (members,) where they do not depend on the inputs.

        Args:
            parameters: their numbers.
            inputs: an array (batch, members) for each of `predict_inputs`.
            batch: how many samples there are; None where there are no inputs.
        """
        with numpy.errstate(all="ignore"):
            table = self._table("predict", parameters, inputs, batch)
        sizes = [len(group) for group in self._outputs.values()]
        groups = zip(self._outputs.items(), numpy.split(table, numpy.cumsum(sizes)[:-1], axis=1), strict=True)
        moved = self._functions["predict"].graph.moved
        return {name: group if any(moved[place] for place in places) else group[0] for (name, places), group in groups}

    def _table(self, function: str, parameters: Array, inputs: Sequence[Array], batch: int | None) -> Array:
        """The results of a function of the program: a row for each sample."""
        samples = [numpy.asarray(group, dtype=numpy.float64) for group in inputs]
        numbers = numpy.asarray(parameters, dtype=numpy.float64)
        if function in self._tapes and (batch or 1) <= thresholds.SAMPLES_ON_A_TAPE:
            return self._tapes[function].run(
                numbers, numpy.concatenate([*samples, numpy.empty((batch or 1, 0))], axis=1)
            )
        if (batch or 1) <= thresholds.SAMPLES_ON_FLOATS:
            self._operations_left -= (batch or 1) * len(self._graph.nodes)
            if self._operations_left < 0.0 and not is_debugged():  # the next call runs on it
                self._tapes, self._operations_left = _tapes(self._functions), math.inf
            try:
                return self._sample_by_sample(function, numbers, samples)
            except (ValueError, ArithmeticError):  # Python raises where IEEE arithmetic goes on
                pass
        columns = [list(numpy.ascontiguousarray(group.T)) for group in samples]
        row = _row(self._on_arrays[function](list(numbers), *columns))
        table = numpy.empty((batch or 1, len(row)))
        for place, column in enumerate(row):
            table[:, place] = column
        return table

    def _sample_by_sample(self, function: str, parameters: Array, inputs: Sequence[Array]) -> Array:
        run, numbers = self._on_floats[function], parameters.tolist()
        samples = zip(*[group.tolist() for group in inputs], strict=True) if inputs else [()]
        return numpy.array([_row(run(numbers, *sample)) for sample in samples])

    def entries(self) -> Iterator[tuple[Value, Place]]:
        """The nodes that have statements of their own, as `Located` asks for them."""
        text = self.text
        for number, name, part, offset in self._written[0].entries():
            line = text.line_number(part + 1, offset)
            yield self._graph.nodes[number], Place(name, (), line, text.lines[line - 1].strip())


def _tapes(functions: Mapping[str, Function]) -> "dict[str, Tape]":
    from micrograd_bp.compiler.run.tape import NoInstructionError, Tape  # LLVM takes a while to load

    try:
        return {name: Tape(function.graph, function.targets) for name, function in functions.items()}
    except NoInstructionError:
        return {}


def _row(results: Any) -> list[Any]:
    """A loss and a gradient, or outputs by name, one after the other."""
    if isinstance(results, dict):
        return [number for group in results.values() for number in group]
    value, gradient = results
    return [value, *gradient]
