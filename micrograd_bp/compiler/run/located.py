"""Which entry of a program's arrays holds which value, in both directions."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property

from micrograd_bp.compiler.write.source_text import Place, SourceText
from micrograd_bp.engine import Value

MOST_NAMES = 20
"""So many names are listed where there is none that somebody asks for."""


class Located(ABC):
    """A program that knows where in its source its values are."""

    @property
    @abstractmethod
    def text(self) -> SourceText:
        """The source."""

    @property
    def source(self) -> str:
        """The source, which runs on its own."""
        return self.text.source

    @property
    def filename(self) -> str:
        """The name under which a debugger finds the source."""
        return self.text.filename

    @abstractmethod
    def entries(self) -> Iterator[tuple[Value, Place]]:
        """The values, each with a place that holds it or its gradient; that of the value itself comes first."""

    @cached_property
    def _places(self) -> dict[Value, list[Place]]:
        places: dict[Value, list[Place]] = {}
        for node, place in self.entries():
            places.setdefault(node, []).append(place)
        return places

    @cached_property
    def _nodes(self) -> dict[str, Value]:
        nodes: dict[str, Value] = {}
        for node, places in self._places.items():
            for place in places:
                nodes.setdefault(place.entry, node)
        return nodes

    def where(self, node: Value) -> list[Place]:
        """The entries of arrays that hold a node, and its gradient, with their statements; none for part of a sum."""
        return self._places.get(node, [])

    def node(self, entry: str) -> Value:
        """The node that an entry, such as "W0[3, 5]", holds, or whose gradient it holds.

        Raises:
            LookupError: nothing is called so.
        """
        nodes = self._nodes
        is_single = f"{entry}[1]" not in nodes  # an array of one entry, which needs no number
        for text in (entry, f"{entry}[0]" if is_single else entry, entry.removesuffix("[0]")):
            if text in nodes:
                return nodes[text]
        array = entry.partition("[")[0]
        own = [text for text in nodes if text.startswith(f"{array}[")]
        names = list(dict.fromkeys(text.partition("[")[0] for text in nodes))[:MOST_NAMES]
        known = f"{array} goes from {own[0]} to {own[-1]}" if own else f"there are {', '.join(names)}"
        raise LookupError(f"nothing in this program is called {entry!r}: {known}")
