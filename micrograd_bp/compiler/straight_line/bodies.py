"""The statements of a chunk of a graph, forwards and backwards, on names."""

from collections.abc import Mapping, Sequence

from micrograd_bp.compiler.straight_line.numbering import Numbering
from micrograd_bp.compiler.straight_line.templates import Template, template
from micrograd_bp.compiler.straight_line.writing import sum_statements


class Templates:
    """The templates of a program, each made once.

    Attributes:
        functions: the names of all functions that they call.
    """

    def __init__(self, graph: Numbering, *, differentiated: bool, constants_are_written: bool) -> None:
        """Starts with none.

        Args:
            graph: the graph.
            differentiated: whether there is a backward pass.
            constants_are_written: whether constants stand as numbers in the statements, or have names as other leaves.
        """
        self.functions: set[str] = set()
        self._graph = graph
        self._differentiated = differentiated
        self._constants_are_written = constants_are_written
        self._made: dict[object, Template] = {}

    def of(self, place: int, *, upstream_is_one: bool = False) -> Template:
        """The template for the node with this number."""
        graph = self._graph
        operation, operands = graph.nodes[place].operation, graph.operands[place]
        wanted = tuple([self._differentiated and graph.moved[operand] == 1 for operand in operands])
        constants = self._constants(operands) if self._constants_are_written else ()
        key = operation, wanted, constants, upstream_is_one
        if key not in self._made:
            assert operation is not None
            made = template(operation, wanted, constants or [None] * len(wanted), upstream_is_one=upstream_is_one)
            self._made[key] = made
            self.functions |= made.functions
        return self._made[key]

    def _constants(self, operands: Sequence[int]) -> tuple[float | None, ...]:
        graph = self._graph
        return tuple(
            [
                graph.nodes[operand].data if graph.n_variables <= operand < graph.n_leaves else None
                for operand in operands
            ]
        )


class Body:
    """The statements of some nodes.

    Attributes:
        forward: statements that compute the nodes from what they read.
        backward: statements that compute the gradients of what they read.
        gradients: the names of these gradients, by number.
        forward_lines: for each node, the line in `forward` that gives it.
        backward_lines: for each node, the line in `backward` that gives its gradient; where it has one of its own.
    """

    def __init__(
        self, graph: Numbering, places: range, names: Mapping[int, str], upstream: Mapping[int, str], made: Templates
    ) -> None:
        """Writes the statements.

        Args:
            graph: the graph.
            places: the numbers of the nodes.
            names: what these nodes and what they read are called, by number.
            upstream: the gradients that come from elsewhere, by number.
            made: the templates.
        """
        self.forward: list[str] = []
        self.backward: list[str] = []
        self.forward_lines: list[int] = []
        self.backward_lines: dict[int, int] = {}
        self._names, self._places = names, places
        for place in places:
            operands = [names[operand] for operand in graph.operands[place]]
            of_this = made.of(place)
            self.forward += of_this.fill_in(of_this.forward, names[place], "", operands)
            self.forward_lines.append(len(self.forward) - 1)
        contributions = {place: [name] for place, name in upstream.items()}
        for place in reversed(places):
            if place not in contributions:
                continue
            gradient = self._total(place, contributions.pop(place))
            of_this = made.of(place, upstream_is_one=gradient == "1.0")
            operands = [names[operand] for operand in graph.operands[place]]
            self.backward += of_this.fill_in(of_this.backward, names[place], gradient, operands)
            products = of_this.fill_in(of_this.contributions, names[place], gradient, operands)
            for operand, product in zip(graph.operands[place], products):  # noqa: B905  # none where all are empty
                if product:
                    contributions.setdefault(operand, []).append(product)
        self.gradients = {place: self._total(place, terms) for place, terms in sorted(contributions.items())}

    def _total(self, place: int, terms: list[str]) -> str:
        """The name of a node's gradient, which is the sum of these terms."""
        if len(terms) == 1 and place in self._places and (terms[0].isidentifier() or terms[0] == "1.0"):
            return terms[0]  # as in a sum, whose operands have the gradient of the sum
        name = f"d_{self._names[place]}"
        self.backward_lines[place] = len(self.backward)
        self.backward += sum_statements(name, terms)
        return name
