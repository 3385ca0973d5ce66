"""The statements of a chunk of a graph, forwards and backwards, on names."""

from collections.abc import Iterator, Mapping, Sequence

from micrograd_bp.compiler.arrays.gradient import backward
from micrograd_bp.compiler.find.numbering import Numbering
from micrograd_bp.compiler.write.templates import ONE, Name, Templates, sum_statements


class Body:
    """The statements of some nodes.

    Attributes:
        names: what these nodes and what they read are called, by number.
        forward: statements that compute the nodes from what they read.
        backward: statements that compute the gradients of what they read.
        gradients: the names of these gradients, by number.
    """

    def __init__(
        self, graph: Numbering, places: range, names: Mapping[int, str], upstream: Mapping[int, str], kinds: Templates
    ) -> None:
        """Writes the statements.

        Args:
            graph: the graph.
            places: the numbers of the nodes.
            names: as above.
            upstream: the gradients that come from elsewhere, by number.
            kinds: the templates.
        """
        self.forward: list[str] = []
        self.backward: list[str] = []
        self.names, self._places = names, places
        self._forward_lines: list[int] = []
        self._backward_lines: dict[int, int] = {}
        templates = {place: kinds.of(place) for place in places}
        for place, template in templates.items():
            words = names[place], "", *[names[operand] for operand in graph.operands[place]]
            self.forward += [line.format(*words) for line in template.forward]
            self._forward_lines.append(len(self.forward) - 1)

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
        if len(terms) == 1 and type(terms[0]) is Name and place in self._places:
            return terms[0]  # as in a sum, whose operands have the gradient of the sum
        name = f"d_{self.names[place]}"
        self._backward_lines[place] = len(self.backward)
        self.backward += sum_statements(name, terms)
        return name

    def function(self, head: str, before: Sequence[str], between: Sequence[str], after: Sequence[str]) -> list[str]:
        """The lines of a function with these statements, and others around them."""
        self._forward = 1 + len(before)
        self._backward = self._forward + len(self.forward) + len(between)
        statements = [*before, *self.forward, *between, *self.backward, *after]
        return [head, *(f"    {statement}" for statement in statements)]

    def entries(self) -> Iterator[tuple[int, str, int]]:
        """Nodes by number, each with its name, or that of its gradient, and the line of that function that gives it."""
        for place, line in zip(self._places, self._forward_lines, strict=True):
            yield place, self.names[place], self._forward + line
        for place, line in self._backward_lines.items():
            yield place, f"d_{self.names[place]}", self._backward + line
