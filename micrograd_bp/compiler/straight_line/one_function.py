"""A graph that fits in one function, with the labels of Values as names."""

from collections.abc import Mapping, Sequence
from keyword import iskeyword

from micrograd_bp.compiler.straight_line.bodies import Body, Templates
from micrograd_bp.compiler.straight_line.numbering import Numbering, non_finite
from micrograd_bp.compiler.straight_line.writing import tuple_of
from micrograd_bp.engine.numbers.floats import is_primitive

RESERVED = {
    *("floats", "inf", "nan", "parameters", "value_and_gradient", "predict"),
    *("CHUNKS", "CONSTANTS", "PREDICT_CHUNKS", "PREDICT_CONSTANTS", "len", "next", "reversed", "zip"),
}
"""Names that mean something in a source already, besides those of functions of numbers."""


def is_reserved(name: str) -> bool:
    """Whether a name means something in a source already."""
    return name in RESERVED or is_primitive(name)


class OneFunction:
    """A function with all statements of a graph.

    Attributes:
        parts: its source, as one part.
        functions: the names of the functions that it calls.
        constants: what the source holds under names; nothing here.
    """

    def __init__(
        self,
        graph: Numbering,
        arguments: Mapping[str, int],
        *,
        targets: Sequence[int] | None = None,
        outputs: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        """Writes a function, either with derivatives or with outputs.

        Args:
            graph: its variables are the members of the arguments.
            arguments: the names of the function's arguments, and how many members each has.
            targets: the variables with respect to which the root is differentiated.
            outputs: the nodes that are given as a dictionary of tuples.
        """
        self.constants: dict[str, list[float]] = {}
        self._graph = graph
        self._names = names = _names(graph, arguments)
        templates = Templates(graph, differentiated=targets is not None, constants_are_written=True)
        upstream = {} if targets is None else {root: "1.0" for root in graph.roots if graph.moved[root]}
        nodes = range(graph.n_leaves, len(graph.nodes))
        body = Body(graph, nodes, dict(enumerate(names)), upstream, templates)
        self.functions = templates.functions | non_finite(graph)

        statements: list[str] = []
        self._given: list[int] = []  # the line of each variable
        for argument, size in arguments.items():
            if size:
                start = len(self._given)
                statements.append(f"{tuple_of(names[start : start + size])} = {argument}")
                self._given += [len(statements)] * size
        self._forward = len(statements) + 2
        statements += ["# forward", *body.forward]
        self._backward = len(statements) + 2
        if targets is not None:
            statements += ["# backward", *body.backward]
            gradient = tuple_of([body.gradients.get(target, "0.0") for target in targets])
            statements.append(f"return {names[graph.roots[0]]}, {gradient}")
        if outputs is not None:
            entries = [f"{name!r}: {tuple_of([names[place] for place in group])}" for name, group in outputs.items()]
            statements.append(f"return {{{', '.join(entries)}}}")
        function = "predict" if targets is None else "value_and_gradient"
        self.parts = [[f"def {function}({', '.join(arguments)}):", *(f"    {each}" for each in statements)]]
        self._body = body

    def where(self, place: int) -> list[tuple[str, int, int]]:
        """The names of a node and of its gradient, each with the part and the line of the statement that gives it."""
        name, body, graph = self._names[place], self._body, self._graph
        found = []
        if place >= graph.n_leaves:
            found.append((name, 0, self._forward + body.forward_lines[place - graph.n_leaves]))
        elif place < graph.n_variables:
            found.append((name, 0, self._given[place]))
        if place in body.backward_lines:
            found.append((f"d_{name}", 0, self._backward + body.backward_lines[place]))
        return found

    def place(self, name: str) -> int:
        """The number of the node that has this name, or whose gradient has it."""
        return self._names.index(name if name in self._names else name.removeprefix("d_"))


def _names(graph: Numbering, arguments: Mapping[str, int]) -> list[str]:
    """A name for each node: its label, where that can be one; for a constant its number."""
    used = {*arguments}
    members = [f"{argument}_{member}" for argument, size in arguments.items() for member in range(size)]
    names: list[str] = []
    for place, node in enumerate(graph.nodes):
        if graph.n_variables <= place < graph.n_leaves:
            names.append(repr(node.data))
            continue
        name = node.label
        if not _can_be_a_name(name) or is_reserved(name) or name in used:
            name = members[place] if place < graph.n_variables else f"v{place - graph.n_leaves}"
            while name in used or is_reserved(name):
                name += "_"
        used |= {name, f"d_{name}"}
        names.append(name)
    return names


def _can_be_a_name(label: str) -> bool:
    taken = iskeyword(label) or label.startswith(("d_", "__")) or "_part" in label
    return label.isascii() and label.isidentifier() and not taken
