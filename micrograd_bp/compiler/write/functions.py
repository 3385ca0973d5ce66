"""A function of a program: a statement for each node, forwards and backwards, with the labels of Values as names.

A long one is cut into pieces, since CPython's compiler takes 3 kB for each statement of a function. A piece runs
forwards, pauses with its numbers in place, and runs backwards when it is sent the gradients of what it has made. What
pieces read from each other stands in one list, `values`, in which each node has its slot.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, groupby, pairwise
from keyword import iskeyword
from typing import NamedTuple

from micrograd_bp.compiler import thresholds
from micrograd_bp.compiler.arrays.gradient import backward
from micrograd_bp.compiler.find.numbering import Numbering
from micrograd_bp.compiler.write.numpy import tuple_of
from micrograd_bp.compiler.write.templates import ONE, Name, Templates, sum_statements
from micrograd_bp.engine.numbers.floats import is_primitive

RESERVED = {
    *("floats", "inf", "nan", "parameters", "value_and_gradient", "predict"),
    *("PIECES", "PREDICT_PIECES", "len", "next", "reversed", "zip"),
}
"""Names that mean something in a source already, besides those of functions of numbers."""

NUMBERS = {"inf", "nan"}
"""Numbers that are no literals of Python."""

VALUE_AND_GRADIENT = """\
def value_and_gradient({arguments}):
    values = [{starred}]
    paused = []
    for piece, reads, _, _ in PIECES:
        run = piece(*[values[slot] for slot in reads])
        values.extend(next(run))
        paused.append(run)
    gradients = [0.0] * len(values)
    gradients[{root}] = 1.0
    for _, reads, start, stop in reversed(PIECES):
        contributions = paused.pop().send(gradients[start:stop])
        for slot, contribution in zip(reads, contributions):
            gradients[slot] = gradients[slot] + contribution
    return values[{root}], [gradients[slot] for slot in {targets}]"""

PREDICT = """\
def predict({arguments}):
    values = [{starred}]
    for piece, reads in PREDICT_PIECES:
        values.extend(piece(*[values[slot] for slot in reads]))
    return {outputs}"""


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


class FunctionText:
    """A function as Python.

    Attributes:
        parts: its source, in parts.
        functions: the names of the functions that it calls, and of numbers that are no literals of Python.
    """

    def __init__(self, function: Function) -> None:
        """Writes a function."""
        self.parts: list[list[str]] = []
        self._leaves: list[tuple[int, str, int, int]] = []
        self._bodies: list[tuple[_Body, int, int, int]] = []
        self._function, self._graph, self._arguments = function, function.graph, function.arguments
        is_differentiated = function.targets is not None
        self._prefix = "" if is_differentiated else "predict_"
        self._names = _names(self._graph, self._arguments)
        self._moved = self._graph.moved if is_differentiated else bytes(len(self._names))
        self._templates = Templates(self._graph, differentiated=is_differentiated)
        pieces = _pieces(self._graph)
        if len(pieces) > 1:
            self._write_pieces(pieces)
        else:
            self._write_whole(range(self._graph.n_leaves, len(self._names)))
        self.functions = self._templates.functions | self._graph.non_finite

    def _write_whole(self, places: range) -> None:
        names, (root, *_), targets = self._names, self._graph.roots, self._function.targets
        body = _Body(self._graph, places, names, {root: ONE} if self._moved[root] else {}, self._templates)
        before: list[str] = []
        for argument, size in self._arguments.items():
            if size:
                start = len(self._leaves)
                before.append(f"{tuple_of(names[start : start + size])} = {argument}")
                self._leaves += [(place, names[place], 0, len(before)) for place in range(start, start + size)]
        if targets is not None:
            gradient = tuple_of([body.gradients.get(target, "0.0") for target in targets])
            name, between, result = "value_and_gradient", ["# backward"], f"{names[root]}, {gradient}"
        else:
            name, between, result = "predict", [], self._outputs(names)
        self._add(f"{name}({', '.join(self._arguments)})", [*before, "# forward"], body, between, f"return {result}")

    def _write_pieces(self, pieces: Sequence[range]) -> None:
        graph, names, targets = self._graph, self._names, self._function.targets
        slots = {place: place for place in range(graph.n_variables)}
        constants = range(graph.n_variables, graph.n_leaves)
        reads = []
        for places in pieces:
            operands = chain(*graph.operands[places.start : places.stop])
            reads.append(list(dict.fromkeys([x for x in operands if x < places.start and x not in constants])))
        read_elsewhere = {*graph.roots, *chain(*reads)}
        rows = []
        for number, (places, read) in enumerate(zip(pieces, reads, strict=True)):
            made = [place for place in places if place in read_elsewhere]
            upstream = {place: Name(f"d_{names[place]}") for place in made if self._moved[place]}
            body = _Body(graph, places, names, upstream, self._templates)
            row = [f"{self._prefix}piece_{number}", tuple_of([str(slots[place]) for place in read])]
            values, between = tuple_of([names[place] for place in made]), []
            end = f"return {values}"
            if targets is not None:
                between = [f"{tuple_of([f'd_{names[place]}' for place in made])} = yield {values}"]
                end = f"yield {tuple_of([body.gradients.get(place, '0.0') for place in read])}"
                row += [str(len(slots)), str(len(slots) + len(made))]
            rows.append(f"    {tuple_of(row)},")
            slots |= {place: slot for slot, place in enumerate(made, start=len(slots))}
            self._add(f"{row[0]}({', '.join([names[place] for place in read])})", [], body, between, end)
        self.parts.append([f"{self._prefix.upper()}PIECES = (", *rows, ")"])
        texts = {"arguments": ", ".join(self._arguments), "starred": ", ".join(f"*{name}" for name in self._arguments)}
        if targets is not None:
            text = VALUE_AND_GRADIENT.format(**texts, root=slots[graph.roots[0]], targets=tuple(targets))
        else:
            at = [f"values[{slots[place]}]" if place in slots else name for place, name in enumerate(names)]
            text = PREDICT.format(**texts, outputs=self._outputs(at))
        self._leaves = [(place, f"values[{place}]", len(self.parts), 1) for place in range(graph.n_variables)]
        self.parts.append([text])

    def _outputs(self, texts: Sequence[str]) -> str:
        """A dictionary of the outputs, from a text for each node."""
        groups = {name: tuple_of([texts[place] for place in group]) for name, group in self._function.outputs.items()}
        return f"{{{', '.join([f'{name!r}: {text}' for name, text in groups.items()])}}}"

    def _add(self, head: str, before: Sequence[str], body: "_Body", between: Sequence[str], end: str) -> None:
        """Adds a function with the statements of a body, and others around them."""
        self._bodies.append((body, len(self.parts), 1 + len(before), len(between)))
        statements = [*before, *body.forward, *between, *body.backward, end]
        self.parts.append([f"def {head}:", *[f"    {statement}" for statement in statements]])

    def entries(self) -> Iterator[tuple[int, str, int, int]]:
        """Nodes by number, each with its name, or that of its gradient, and the part and the line that give it."""
        yield from self._leaves
        for body, part, first, n_between in self._bodies:
            for place, name, number in body.entries:
                if place in body.places or len(self._bodies) == 1:  # a piece gives others only a share
                    yield place, name, part, first + number + n_between * (number >= len(body.forward))


def _pieces(graph: Numbering) -> list[range]:
    """The numbers of the nodes of each piece. A long sum counts for several statements."""
    ends = accumulate([1 + len(operands) // 4 for operands in graph.operands[graph.n_leaves :]])
    counts = [len(list(run)) for _, run in groupby(ends, lambda end: (end - 1) // thresholds.MOST_STATEMENTS)]
    cuts = [*accumulate(counts, initial=graph.n_leaves)]
    return [range(start, stop) for start, stop in pairwise(cuts)]


class _Body:
    """The statements of some nodes.

    Attributes:
        places: the numbers of the nodes.
        forward: statements that compute the nodes from what they read.
        backward: statements that compute the gradients of what they read.
        gradients: the names of these gradients, by number.
        entries: the nodes, each with its name, or that of its gradient, and the number of the statement that gives it.
    """

    def __init__(
        self, graph: Numbering, places: range, names: Sequence[str], upstream: Mapping[int, str], kinds: Templates
    ) -> None:
        """Writes the statements.

        Args:
            graph: the graph.
            places: the numbers of the nodes.
            names: what all nodes are called.
            upstream: the gradients that come from elsewhere, by number.
            kinds: the templates.
        """
        self.forward: list[str] = []
        self.backward: list[str] = []
        self.entries: list[tuple[int, str, int]] = []
        self._names, self.places = names, places
        templates = {place: kinds.of(place, upstream_is_one=upstream.get(place) is ONE) for place in places}
        for place, template in templates.items():
            words = names[place], "", *[names[operand] for operand in graph.operands[place]]
            self.forward += [line.format(*words) for line in template.forward]
            self.entries.append((place, names[place], len(self.forward) - 1))

        shares = {place: [name] for place, name in upstream.items()}

        def give_back(place: int, terms: list[str]) -> None:
            gradient, operands = self._total(place, terms), graph.operands[place]
            template = kinds.of(place, upstream_is_one=True) if gradient is ONE else templates[place]
            words = names[place], gradient, *[names[operand] for operand in operands]
            self.backward += [line.format(*words) for line in template.backward]
            for number, term in template.contributions:
                text = term if term is ONE else type(term)(term.format(*words))
                shares.setdefault(operands[number], []).append(text)

        backward(places, shares, give_back)
        self.gradients = {place: self._total(place, terms) for place, terms in sorted(shares.items())}

    def _total(self, place: int, terms: list[str]) -> str:
        """The name of a node's gradient, which is the sum of these terms."""
        if len(terms) == 1 and type(terms[0]) is Name and place in self.places:
            return terms[0]  # as in a sum, whose operands have the gradient of the sum
        name = f"d_{self._names[place]}"
        self.entries.append((place, name, len(self.forward) + len(self.backward)))
        self.backward += sum_statements(name, terms)
        return name


def _names(graph: Numbering, arguments: Mapping[str, int]) -> list[str]:
    """A name for each node: its label, where that can be one; for a constant its number."""
    used = {*arguments}
    members = [f"{argument}_{member}" for argument, size in arguments.items() for member in range(size)]
    names: list[str] = []
    for place, node in enumerate(graph.nodes):
        if graph.n_variables <= place < graph.n_leaves:
            names.append(repr(node.data))
            continue
        name = node.label if _can_be_a_name(node.label) else ""
        ours = members[place] if place < graph.n_variables else f"v{place - graph.n_leaves}"
        while not name or is_reserved(name) or not used.isdisjoint((name, f"d_{name}")):
            name, ours = ours, f"{ours}_"
        used |= {name, f"d_{name}"}
        names.append(name)
    return names


def _can_be_a_name(label: str) -> bool:
    taken = iskeyword(label) or label.startswith(("d_", "__")) or "_part" in label
    return label.isascii() and label.isidentifier() and not taken


def called(functions: Iterable[FunctionText]) -> list[str]:
    """The functions of numbers that functions call."""
    return sorted({name for function in functions for name in function.functions} - NUMBERS)


def module_parts(functions: Sequence[FunctionText], n_operations: int) -> list[list[str]]:
    """The source of a program of so many operations, in parts: what comes before its functions, and these."""
    imported, numbers = called(functions), sorted({name for each in functions for name in each.functions} & NUMBERS)
    header = [
        f'"""The program of a graph with {n_operations:,} operations, in straight-line code, made by micrograd_bp.',
        "",
        "Here it runs on floats, for one sample. With functions of arrays in place of those of floats, and arrays that",
        "hold a number for each sample as inputs, it runs on a batch; the caller then takes means.",
        '"""',
        "",
        *([f"from math import {', '.join(numbers)}", ""] if numbers else []),
        *(["from micrograd_bp.engine.numbers.floats import floats", ""] if imported else []),
        *[f"{name} = floats.{name}" for name in imported],
    ]
    return [header, *(part for function in functions for part in function.parts)]
