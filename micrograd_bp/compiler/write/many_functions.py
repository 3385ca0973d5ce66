"""A long graph: a function for each chunk, and one that calls them in turn.

A chunk's function runs forwards, pauses with its numbers in place, and runs backwards when it is sent the gradients of
what it has made. What chunks read from each other stands in one list, `values`, in which each node has its slot.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from micrograd_bp.compiler.find.chunks import Chunk, chunks
from micrograd_bp.compiler.write.bodies import Body
from micrograd_bp.compiler.write.numpy import tuple_of
from micrograd_bp.compiler.write.one_function import Function, dict_of
from micrograd_bp.compiler.write.templates import Name, Templates

VALUE_AND_GRADIENT = """\
def value_and_gradient({arguments}):
    values = [{starred}, *CONSTANTS]
    paused = []
    for chunk, reads, _, _ in CHUNKS:
        run = chunk(*[values[slot] for slot in reads])
        values.extend(next(run))
        paused.append(run)
    gradients = [0.0] * len(values)
    gradients[{root}] = 1.0
    for _, reads, start, stop in reversed(CHUNKS):
        contributions = paused.pop().send(gradients[start:stop])
        for slot, contribution in zip(reads, contributions):
            gradients[slot] = gradients[slot] + contribution
    return values[{root}], [gradients[slot] for slot in {targets}]"""

PREDICT = """\
def predict({arguments}):
    values = [{starred}, *PREDICT_CONSTANTS]
    for chunk, reads in PREDICT_CHUNKS:
        values.extend(chunk(*[values[slot] for slot in reads]))
    return {outputs}"""


class _Written(NamedTuple):
    """A chunk, and the function for it and for those that are equal: its name, its part, and its statements."""

    chunk: Chunk
    function: str
    part: int
    body: Body


class ManyFunctions:
    """The functions of a long graph.

    Attributes:
        parts: their source, in parts.
        functions: the names of the functions of numbers that they call.
        constants: what the source holds under names.
    """

    def __init__(self, function: Function) -> None:
        """Writes the functions."""
        graph, arguments, targets = function.graph, function.arguments, function.targets
        self.parts: list[list[str]] = []
        self._graph = graph
        self._backward = targets is not None
        self._prefix = "" if self._backward else "predict_"
        self._templates = Templates(graph, differentiated=self._backward, constants_are_written=False)
        self._chunks = chunks(graph)
        written: dict[Any, _Written] = {}
        self._written: list[_Written] = []
        for chunk in self._chunks:
            shape = chunk.shape(graph)
            if shape not in written:
                written[shape] = self._write(chunk)
            self._written.append(written[shape])
        self.functions = self._templates.functions | graph.non_finite

        slots = {place: place for place in range(graph.n_leaves)}
        rows = []
        for chunk, written_chunk in zip(self._chunks, self._written, strict=True):
            row = [written_chunk.function, tuple_of([str(slots[place]) for place in chunk.reads])]
            if self._backward:
                n_moved = sum(graph.moved[place] for place in chunk.makes)
                row += [str(len(slots)), str(len(slots) + n_moved)]
            rows.append(f"    {tuple_of(row)},")
            slots |= {place: slot for slot, place in enumerate(chunk.makes, start=len(slots))}
        prefix = self._prefix.upper()
        self.constants = {f"{prefix}CONSTANTS": (constants := graph.constants)}
        self.parts.append([f"{prefix}CONSTANTS = {constants}", f"{prefix}CHUNKS = (", *rows, ")"])
        texts = {"arguments": ", ".join(arguments), "starred": ", ".join(f"*{name}" for name in arguments)}
        if targets is not None:
            driver = VALUE_AND_GRADIENT.format(**texts, root=slots[graph.roots[0]], targets=tuple(targets))
        else:
            outputs = function.outputs.items()
            entries = {name: tuple_of([f"values[{slots[place]}]" for place in group]) for name, group in outputs}
            driver = PREDICT.format(**texts, outputs=dict_of(entries))
        self.parts.append([driver])

    def _write(self, chunk: Chunk) -> _Written:
        graph = self._graph
        names = {place: f"r{number}" for number, place in enumerate(chunk.reads)}
        names |= {place: f"v{number}" for number, place in enumerate(chunk.places)}
        moved = [place for place in chunk.makes if graph.moved[place]] if self._backward else []
        upstream = {place: Name(f"d_{names[place]}") for place in moved}
        body = Body(graph, chunk.places, names, upstream, self._templates)
        values = tuple_of([names[place] for place in chunk.makes])
        between, end = [], f"return {values}"
        if self._backward:
            between = [f"{tuple_of(list(upstream.values()))} = yield {values}"]
            read = [place for place in chunk.reads if graph.moved[place]]
            end = f"yield {tuple_of([body.gradients.get(place, '0.0') for place in read])}"
        function = f"{self._prefix}chunk_{len(self.parts)}"
        head = f"def {function}({', '.join(names[place] for place in chunk.reads)}):"
        self.parts.append(body.function(head, [], between, [end]))
        return _Written(chunk, function, len(self.parts) - 1, body)

    def entries(self) -> Iterator[tuple[int, str, int, int]]:
        """Nodes by number, each with its name, or that of its gradient, and the part and the line that gives it.

        The call of the chunk's function is named as well: `paused[3].v12`.
        """
        for place in range(self._graph.n_leaves):
            yield place, f"values[{place}]", len(self.parts) - 1, 1
        for call, (own, (chunk, _, part, body)) in enumerate(zip(self._chunks, self._written, strict=True)):
            for place, name, line in body.entries():
                if place in chunk.places:
                    yield own.places[place - chunk.places.start], f"paused[{call}].{name}", part, line
