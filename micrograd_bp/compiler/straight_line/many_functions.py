"""A long graph: a function for each chunk, and one that calls them in turn.

A chunk's function runs forwards, pauses with its numbers in place, and runs backwards when it is sent the gradients of
what it has made. What chunks read from each other stands in one list, `values`, in which each node has its slot.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from micrograd_bp.compiler.straight_line.bodies import Body, Templates
from micrograd_bp.compiler.straight_line.chunks import Chunk, chunks
from micrograd_bp.compiler.straight_line.numbering import Numbering, non_finite
from micrograd_bp.compiler.straight_line.writing import tuple_of

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
    return {{{outputs}}}"""


class _Written(NamedTuple):
    """A function: the chunk it was written from, and where its statements are."""

    chunk: Chunk
    body: Body
    names: dict[int, str]
    function: str
    part: int
    forward: int
    backward: int


class ManyFunctions:
    """The functions of a long graph.

    Attributes:
        parts: their source, in parts.
        functions: the names of the functions of numbers that they call.
        constants: what the source holds under names.
    """

    def __init__(
        self,
        graph: Numbering,
        arguments: Mapping[str, int],
        *,
        targets: Sequence[int] | None = None,
        outputs: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        """Writes the functions, either with derivatives or with outputs; the arguments are those of `OneFunction`."""
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
        self.functions = self._templates.functions | non_finite(graph)

        slots = {place: place for place in range(graph.n_leaves)}
        rows = []
        for chunk, function in zip(self._chunks, self._written, strict=True):
            row = [function.function, tuple_of([str(slots[place]) for place in chunk.reads])]
            if self._backward:
                n_moved = sum(graph.moved[place] for place in chunk.makes)
                row += [str(len(slots)), str(len(slots) + n_moved)]
            rows.append(f"    {tuple_of(row)},")
            slots |= {place: slot for slot, place in enumerate(chunk.makes, start=len(slots))}
        prefix = self._prefix.upper()
        self.constants = {f"{prefix}CONSTANTS": (constants := graph.constants)}
        self.parts.append([f"{prefix}CONSTANTS = {constants}", f"{prefix}CHUNKS = (", *rows, ")"])
        texts = {"arguments": ", ".join(arguments), "starred": ", ".join(f"*{each}" for each in arguments)}
        if targets is not None:
            driver = VALUE_AND_GRADIENT.format(**texts, root=slots[graph.roots[0]], targets=tuple(targets))
        else:
            entries = [
                f"{name!r}: {tuple_of([f'values[{slots[place]}]' for place in group])}"
                for name, group in (outputs or {}).items()
            ]
            driver = PREDICT.format(**texts, outputs=", ".join(entries))
        self.parts.append(driver.splitlines())

    def _write(self, chunk: Chunk) -> _Written:
        graph = self._graph
        names = {place: f"r{number}" for number, place in enumerate(chunk.reads)}
        names |= {place: f"v{number}" for number, place in enumerate(chunk.places)}
        moved = [place for place in chunk.makes if graph.moved[place]]
        upstream = {place: f"d_{names[place]}" for place in moved} if self._backward else {}
        body = Body(graph, chunk.places, names, upstream, self._templates)
        made = tuple_of([names[place] for place in chunk.makes])
        function = f"{self._prefix}chunk_{len(self.parts)}"
        statements = [*body.forward]
        if self._backward:
            statements.append(f"{tuple_of([upstream[place] for place in moved])} = yield {made}")
            statements += body.backward
            read = [place for place in chunk.reads if graph.moved[place]]
            statements.append(f"yield {tuple_of([body.gradients.get(place, '0.0') for place in read])}")
        else:
            statements.append(f"return {made}")
        head = f"def {function}({', '.join(names[place] for place in chunk.reads)}):"
        self.parts.append([head, *(f"    {each}" for each in statements)])
        return _Written(chunk, body, names, function, len(self.parts) - 1, 1, 2 + len(body.forward))

    def where(self, place: int) -> list[tuple[str, int, int]]:
        """The names of a node and of its gradient, each with the part and the line of the statement that gives it.

        The call of the chunk's function is named as well: `paused[3].v12`.
        """
        driver = len(self.parts) - 1
        if place < self._graph.n_leaves:
            return [(f"values[{place}]", driver, 1)]
        call = bisect_right(self._chunks, place, key=lambda chunk: chunk.places.start) - 1
        written = self._written[call]
        same = place - self._chunks[call].places.start + written.chunk.places.start
        name, body = written.names[same], written.body
        line = written.forward + body.forward_lines[same - written.chunk.places.start]
        found = [(f"paused[{call}].{name}", written.part, line)]
        if same in body.backward_lines:
            found.append((f"paused[{call}].d_{name}", written.part, written.backward + body.backward_lines[same]))
        return found

    def place(self, name: str) -> int:
        """The number of the node that has this name, or whose gradient has it."""
        inside, _, local = name.partition("].")
        number = int(inside.rpartition("[")[2].removesuffix("]"))
        if not local:
            return number
        return self._chunks[number].places[int(local.removeprefix("d_").removeprefix("v"))]
