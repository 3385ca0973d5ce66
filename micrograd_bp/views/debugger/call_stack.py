"""The heaviest path from the output to a value, as a call stack: a frame for each value on it.

The part of a heaviest path above one of its values is that value's own heaviest path. So frames are shared, and going
from one step to the next makes few new ones, however long the path is.
"""

from collections.abc import Iterator
from decimal import Decimal, localcontext

from micrograd_bp.engine import Value
from micrograd_bp.views.explain.any_size import ARITHMETIC
from micrograd_bp.views.explain.kinds import Kind
from micrograd_bp.views.explain.path_sums import Edge, PathSums


class Frame:
    """One value on a path.

    Attributes:
        node: the value.
        edge: the edge to the value above it; None for an output.
        above: the frame of that value.
        factor: the local derivative along the edge; None for an output.
        product: the product of all factors from the output on, which is the part of the gradient that comes this way.
        depth: how many values there are on the path, this one included.
    """

    __slots__ = ("above", "depth", "edge", "factor", "node", "product")

    def __init__(self, node: Value, edge: Edge | None, above: "Frame | None", start: float) -> None:
        self.node = node
        self.edge = edge
        self.above = above
        if edge is None or above is None:
            self.factor = None
            self.product: Decimal = ARITHMETIC.create_decimal_from_float(start)
            self.depth = 1
        else:
            self.factor = edge.local_derivative
            with localcontext(ARITHMETIC):
                self.product = above.product * ARITHMETIC.create_decimal_from_float(float(self.factor))
            self.depth = above.depth + 1

    def upwards(self) -> Iterator["Frame"]:
        """This frame and those above it, up to the output."""
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.above


class CallStack:
    """The frames of a graph; made when they are asked for, and kept."""

    def __init__(self, sums: PathSums) -> None:
        self.sums = sums
        self._frames: dict[tuple[Value, Kind], Frame] = {}

    def frame(self, node: Value) -> Frame:
        """The frame of a value at the end of its heaviest path: one of nan or inf, if there is such a one.

        Raises:
            KeyError: the value is not in the graph.
        """
        kind = self.sums.first_kind(node)
        missing: list[tuple[Value, Kind, Edge | None]] = []
        above: Frame | None = None
        while (known := self._frames.get((node, kind))) is None:
            way = max(self.sums.ways(node, kind), key=lambda way: way.largest)
            missing.append((node, kind, way.edge))
            if way.edge is None:
                break
            node, kind = way.edge.node, way.kind_above
        else:
            above = known
        for node, kind, edge in reversed(missing):
            above = self._frames[node, kind] = Frame(node, edge, above, self.sums.graph.start[node])
        assert above is not None
        return above
