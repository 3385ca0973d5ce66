"""A graph that fits in one function, with the labels of Values as names."""

from collections.abc import Iterator, Mapping, Sequence
from keyword import iskeyword
from typing import NamedTuple

from micrograd_bp.compiler.find.numbering import Numbering
from micrograd_bp.compiler.write.bodies import Body
from micrograd_bp.compiler.write.numpy import tuple_of
from micrograd_bp.compiler.write.templates import ONE, Templates
from micrograd_bp.engine.numbers.floats import is_primitive

RESERVED = {
    *("floats", "inf", "nan", "parameters", "value_and_gradient", "predict"),
    *("CHUNKS", "CONSTANTS", "PREDICT_CHUNKS", "PREDICT_CONSTANTS", "len", "next", "reversed", "zip"),
}
"""Names that mean something in a source already, besides those of functions of numbers."""


def is_reserved(name: str) -> bool:
    """Whether a name means something in a source already."""
    return name in RESERVED or is_primitive(name)


class Function(NamedTuple):
    """A function of a program before it is written.

    Attributes:
        graph: what it computes; its variables are the parameters and the members of the groups.
        n_parameters: how many parameters there are.
        groups: how many members each group of inputs has, by name.
        targets: for `value_and_gradient`, the variables with respect to which the root is differentiated.
        outputs: for `predict`, the nodes of each group of outputs, which it gives as a dictionary of tuples.
    """

    graph: Numbering
    n_parameters: int
    groups: Mapping[str, int]
    targets: Sequence[int] | None = None
    outputs: Mapping[str, Sequence[int]] = {}

    @property
    def arguments(self) -> dict[str, int]:
        """The names of its arguments, and how many members each has."""
        arguments = {"parameters": self.n_parameters}
        for name, size in self.groups.items():
            while is_reserved(name) or name in arguments or iskeyword(name):
                name += "_"
            arguments[name] = size
        return arguments


class OneFunction:
    """A function with all statements of a graph.

    Attributes:
        parts: its source, as one part.
        functions: the names of the functions that it calls.
        constants: what the source holds under names; nothing here.
    """

    def __init__(self, function: Function) -> None:
        """Writes a function."""
        self.constants: dict[str, list[float]] = {}
        graph, arguments, targets = function.graph, function.arguments, function.targets
        names = _names(graph, arguments)
        templates = Templates(graph, differentiated=targets is not None, constants_are_written=True)
        upstream = {} if targets is None else {root: ONE for root in graph.roots if graph.moved[root]}
        places = range(graph.n_leaves, len(graph.nodes))
        self._body = body = Body(graph, places, dict(enumerate(names)), upstream, templates)
        self.functions = templates.functions | graph.non_finite

        before: list[str] = []
        self._variables: list[int] = []  # the line of each
        for argument, size in arguments.items():
            if size:
                start = len(self._variables)
                before.append(f"{tuple_of(names[start : start + size])} = {argument}")
                self._variables += [len(before)] * size
        if targets is not None:
            gradient = tuple_of([body.gradients.get(target, "0.0") for target in targets])
            name, between, result = "value_and_gradient", ["# backward"], f"{names[graph.roots[0]]}, {gradient}"
        else:
            groups = {name: tuple_of([names[place] for place in group]) for name, group in function.outputs.items()}
            name, between, result = "predict", [], dict_of(groups)
        head = f"def {name}({', '.join(arguments)}):"
        self.parts = [body.function(head, [*before, "# forward"], between, [f"return {result}"])]

    def entries(self) -> Iterator[tuple[int, str, int, int]]:
        """Nodes by number, each with its name, or that of its gradient, and the part and the line that gives it."""
        for place, line in enumerate(self._variables):
            yield place, self._body.names[place], 0, line
        for place, name, line in self._body.entries():
            yield place, name, 0, line


def dict_of(texts: Mapping[str, str]) -> str:
    """The text of a dictionary."""
    return f"{{{', '.join([f'{name!r}: {text}' for name, text in texts.items()])}}}"


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
