"""Where a value is shown: on the line that made it, or, where no line was tracked, in a listing of the graph."""

import os.path
from functools import cached_property
from typing import Any

from micrograd_bp.engine import Value
from micrograd_bp.views.number_text import number
from micrograd_bp.views.steps.step import Graph

LISTING = 1
"""The reference of the listing; files have none."""

OPERANDS_SHOWN = 8


class Sources:
    """The lines of the values of one graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    @cached_property
    def _is_tracked(self) -> bool:
        return any(map(tracked, self._graph.order))

    @cached_property
    def _places(self) -> dict[Value, int]:
        return {value: place for place, value in enumerate(self._graph.order)}

    def place(self, value: Value) -> dict[str, Any]:
        """The source, the line and the column of a value, as a part of a stack frame."""
        origin = value.origin
        if origin is not None and tracked(value):
            path = os.path.abspath(origin.file or "")
            return {"source": {"name": os.path.basename(path), "path": path}, "line": origin.line, "column": 1}
        root = self._graph.names[self._graph.roots[-1]]
        source: dict[str, Any] = {"name": f"the graph of {root}", "sourceReference": LISTING}
        frame = {"source": source, "line": self._places[value] + 1, "column": 1}
        if self._is_tracked:  # an editor then goes to the nearest value with a line
            source["presentationHint"] = "deemphasize"
            frame["presentationHint"] = "subtle"
        return frame

    def value_at(self, line: int) -> Value | None:
        """The value on a line of the listing."""
        return self._graph.order[line - 1] if 1 <= line <= len(self._graph.order) else None

    def listing(self) -> str:
        """The graph as a text, a line for each value, operands before results."""
        return "\n".join(map(self._line, self._graph.order)) + "\n"

    def _line(self, value: Value) -> str:
        name, operation = self._graph.names[value], value.operation
        if operation is None:
            return f"{name} = {number(value.data)}"
        operands = [self._graph.names[operand] for operand in value.operands[:OPERANDS_SHOWN]]
        more = ", …" if len(value.operands) > OPERANDS_SHOWN else ""
        return f"{name} = {operation.name}({', '.join(operands)}{more}) = {number(value.data)}"


def tracked(value: Value) -> bool:
    """Whether the line that made a value is known, and there is such a file."""
    origin = value.origin
    return origin is not None and origin.file is not None and not origin.file.startswith("<")
