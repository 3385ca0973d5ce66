"""Where a node comes from: the module that made it and, when tracked, the source line.

A module opens a scope while it runs, and every node made in it points to the same `Origin`. The names are for people:
drawings group by them, programs take their variable names from them, nothing computes with them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Origin:
    """One record for all nodes that were made in one place.

    Attributes:
        scope: the path of the module, such as `layers.0.neurons.2`; "" for the outermost one.
        kind: what the module is, such as `Neuron`.
        parent: the origin of the module that this one ran inside of, or None.
        file: the source file, when tracked, or None.
        line: the line in it, or None.
    """

    __slots__ = ("_inside", "file", "kind", "line", "parent", "scope")

    def __init__(
        self,
        scope: str = "",
        kind: str = "",
        parent: "Origin | None" = None,
        file: str | None = None,
        line: int | None = None,
    ) -> None:
        self.scope = scope
        self.kind = kind
        self.parent = parent
        self.file = file
        self.line = line
        self._inside: dict[tuple[str, str], Origin] = {}

    def inside(self, name: str, kind: str) -> "Origin":
        """The origin of the module `name` that runs inside this one: the same record each time."""
        key = (name, kind)
        if key not in self._inside:
            self._inside[key] = Origin(f"{self.scope}.{name}" if self.scope else name, kind, self)
        return self._inside[key]

    def __repr__(self) -> str:
        place = f", {self.file}:{self.line}" if self.file else ""
        return f"<origin {self.scope or self.kind}{place}>"

    def __reduce__(self) -> tuple[type["Origin"], tuple[object, ...]]:
        return Origin, (self.scope, self.kind, self.parent, self.file, self.line)


NOT_RECORDED = Origin(kind="not recorded")
"""Stands in for an origin while `no_graph` is open: results are plain leaves."""

current_origin: ContextVar[Origin | None] = ContextVar("current_origin", default=None)
"""The origin that new nodes get; one for each thread and task."""


@contextmanager
def no_graph() -> Iterator[None]:
    """In this block operations give plain leaves and remember nothing: for evaluation without training."""
    token = current_origin.set(NOT_RECORDED)
    try:
        yield
    finally:
        current_origin.reset(token)
