"""An explanation in words: for a terminal, and as plain text."""

import io
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from micrograd_bp.engine.numbers.notation import in_encoding
from micrograd_bp.views.colours import NEGATIVE, NOT_FINITE, NOTHING, POSITIVE
from micrograd_bp.views.explain.any_size import written
from micrograd_bp.views.explain.heaviest_paths import Path
from micrograd_bp.views.explain.kinds import Kind
from micrograd_bp.views.explain.path_sums import Edge
from micrograd_bp.views.explain.remarks import aside, source
from micrograd_bp.views.explain.ways import factors, in_words, n_paths, route
from micrograd_bp.views.number_text import number, share
from micrograd_bp.views.text import printable

if TYPE_CHECKING:
    from micrograd_bp.views.explain.explain import Explanation

WIDTH = 100
LISTED_APART = 3
"""How many paths are shown of those that are 0, and of those that are inf or nan."""
CULPRITS = 2
"""How many of the local derivatives are named that make such a path so."""
MENTIONED = 1e-3
"""What cancels is mentioned from this share on."""


def as_text(explanation: "Explanation", *, width: int = WIDTH, encoding: str | None = "utf-8") -> str:
    """An explanation without colours, in the signs that an encoding has."""
    buffer = io.StringIO()
    console = Console(file=buffer, width=width, color_system=None, legacy_windows=False)
    console.print(Report(explanation, encoding).group())
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())


class Report:
    """An explanation for the terminal: the gradient, its paths as a table, what cancels, and where it gets small."""

    def __init__(self, explanation: "Explanation", encoding: str | None = "utf-8") -> None:
        self._explanation = explanation
        self._names = explanation.graph.names
        self._encoding = encoding

    def group(self) -> Group:
        """All of it."""
        explanation = self._explanation
        parts: list[Table | Text] = [self._text(self._headline(), "bold")]
        if explanation.leaves_floats:
            gives = f"backward gives {number(explanation.gradient)}: on the way the numbers leave the range of floats."
            parts.append(self._text(gives, NEGATIVE))
        parts.append(self._table())
        if explanation.cancelled >= MENTIONED:
            parts.append(
                self._text(
                    f"{share(explanation.cancelled)} of this cancels: the paths come to {written(explanation.total)} "
                    f"in magnitude, and to {written(explanation.net)} in sum."
                )
            )
        n_small = sum(abs(edge.local_derivative) < 1.0 for edge in explanation.largest.edges)
        if n_small:
            how_many = f"{n_small:,} factors below 1" if n_small > 1 else "only factor below 1"
            parts.append(self._text(f"On the largest path the {'smallest of ' * (n_small > 1)}{how_many}:"))
            parts += [self._text(f"  {self._described(edge)}") for edge in explanation.weakest]
        return Group(*parts)

    def _text(self, text: str, style: str = "") -> Text:
        return Text(in_encoding(text, self._encoding), style=style, overflow="fold")

    def _headline(self) -> str:
        graph, counts = self._explanation.graph, self._explanation.counts
        leaf, (output, *others) = self._names[self._explanation.leaf], graph.roots
        alone = not others and graph.start[output] == 1.0
        what = f"∂{self._names[output]}/∂{leaf}" if alone else f"gradient of {leaf}"
        is_finite = not counts.infinite and not counts.nan
        result = written(self._explanation.net) if is_finite else number(self._explanation.gradient)
        return f"{what} = {result}, the sum over {in_words(counts)}"

    def _table(self) -> Table:
        explanation, counts = self._explanation, self._explanation.counts
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        table.add_column("product", justify="right", min_width=10)
        table.add_column("share", justify="right", min_width=7)
        table.add_column("path", overflow="fold")
        self._add_apart(table, explanation.nan, counts.nan, "nan")
        self._add_apart(table, explanation.infinite, counts.infinite, "inf")
        for path in explanation.paths:
            table.add_row(self._product(path.product), share(path.share), self._way(path, explanation.paths[0]))
        rest = explanation.rest
        if rest.n_paths:
            left = self._text(f"in {n_paths(rest.n_paths, more=bool(explanation.paths))}")
            table.add_row(self._product(rest.net), share(rest.share), left)
        self._add_apart(table, explanation.zero, counts.zero, "0")
        return table

    def _add_apart(self, table: Table, paths: Sequence[Path], count: int, product: str) -> None:
        listed = paths[:LISTED_APART]
        for path in listed:
            culprits = [edge for edge in path.edges if Kind.of(edge.local_derivative) is not Kind.REGULAR]
            because = "".join(f"\nbecause {self._described(edge)}" for edge in culprits[:CULPRITS])
            table.add_row(self._product(path.product), "", self._way(path, paths[0]) + self._text(because))
        if count > len(listed):
            left = self._text(f"in {n_paths(count - len(listed), more=bool(listed))}, {product} each")
            table.add_row("", "", left)

    def _product(self, value: Decimal) -> Text:
        colour = NOT_FINITE
        if value.is_finite():
            colour = NOTHING if value == 0 else POSITIVE if value > 0 else NEGATIVE
        return self._text(written(value), colour)

    def _way(self, path: Path, beside: Path) -> Text:
        return self._text(f"{route(path, self._names, beside)}\n= {factors(path, beside)}")

    def _described(self, edge: Edge) -> str:
        """A local derivative, and what there is to say about its node."""
        node, operation = self._names[edge.node], edge.node.operation
        parts = [f"∂{node}/∂{self._names[edge.operand]} = {number(edge.local_derivative)}"]
        if operation is not None and not re.sub(r"_\d+$", "", node).endswith(operation.name):
            parts.append(f"by {printable(operation.name)}")
        if note := aside(edge.node) if math.isfinite(edge.local_derivative) else source(edge.node):
            parts.append(printable(note, limit=len(note)))
        return ", ".join(parts)
