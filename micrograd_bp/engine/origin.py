"""Where a node comes from: the module that made it and, when tracked, the source line.

A module opens a scope while it runs, and every node made in it points to the same `Origin`. The names are for people:
drawings group by them, programs take their variable names from them, nothing computes with them.
"""

import os.path
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType


class Origin:
    """One record for all nodes that were made in one place.

    Attributes:
        scope: the path of the module, such as `layers.0.neurons.2`; "" for the outermost one.
        kind: what the module is, such as `Neuron`.
        parent: the origin of the module that this one ran inside of, or None.
        file: the source file, when tracked, or None.
        line: the line in it, or None.
        shared: whether nodes point to this very record. What only stands in for one gives each node its own.
    """

    __slots__ = ("_inside", "file", "kind", "line", "parent", "scope", "shared")

    def __init__(
        self,
        scope: str = "",
        kind: str = "",
        parent: "Origin | None" = None,
        file: str | None = None,
        line: int | None = None,
        *,
        shared: bool = True,
    ) -> None:
        self.scope = scope
        self.kind = kind
        self.parent = parent
        self.file = file
        self.line = line
        self.shared = shared
        self._inside: dict[tuple[str, str], Origin] = {}

    def inside(self, name: str, kind: str) -> "Origin":
        """The origin of the module `name` that runs inside this one: the same record each time."""
        key = (name, kind)
        if key not in self._inside:
            self._inside[key] = self._child(f"{self.scope}.{name}" if self.scope else name, kind)
        return self._inside[key]

    def _child(self, scope: str, kind: str) -> "Origin":
        return Origin(scope, kind, self)

    def here(self, *, leaf: bool = False) -> "Origin | None":
        """The record for a node that is being made right now, from what only stands in for one."""
        return None

    @property
    def place(self) -> str:
        """The source line for people, such as `train.py:12`; "" when it was not tracked."""
        return f"{os.path.basename(self.file)}:{self.line}" if self.file else ""

    def __repr__(self) -> str:
        place = f", {self.file}:{self.line}" if self.file else ""
        return f"<origin {self.scope or self.kind}{place}>"

    def __reduce__(self) -> tuple[type["Origin"], tuple[object, ...]]:
        return Origin, (self.scope, self.kind, self.parent, self.file, self.line)


class TrackingOrigin(Origin):
    """Stands in for a module's origin while source lines are tracked: `here` gives the record of the running line."""

    __slots__ = ("_lines",)

    def __init__(self, scope: str = "", kind: str = "", parent: Origin | None = None) -> None:
        super().__init__(scope, kind, parent, shared=False)
        self._lines: dict[tuple[str, int, bool], Origin] = {}

    def _child(self, scope: str, kind: str) -> "Origin":
        # The outermost stand-in, outside of every module, is nobody's parent.
        return TrackingOrigin(scope, kind, self if self.kind else None)

    def here(self, *, leaf: bool = False) -> Origin | None:
        """The origin of a node that is being made: this module, and the line in the user's source that runs.

        The line is the innermost one outside of this package and NumPy: that of `w * x`, or of `model(x)`.

        Args:
            leaf: a leaf is made by nobody's operation, and so belongs to no module.
        """
        module = ("", "", None) if leaf else (self.scope, self.kind, self.parent)
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and _is_machinery(frame):
            frame = frame.f_back
        if frame is None:  # the package runs on its own
            return Origin(*module) if module[1] else None
        file, line = frame.f_code.co_filename, frame.f_lineno
        if (file, line, leaf) not in self._lines:
            self._lines[file, line, leaf] = Origin(*module, file, line)
        return self._lines[file, line, leaf]


def _is_machinery(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] in ("micrograd_bp", "numpy")


NOT_RECORDED = Origin(kind="not recorded", shared=False)
"""Stands in for an origin while `no_graph` is open: results are plain leaves."""

current_origin: ContextVar[Origin | None] = ContextVar("current_origin", default=None)
"""The origin that new nodes get; one for each thread and task."""


@contextmanager
def recording() -> Iterator[None]:
    """In this block operations are recorded, also inside of `no_graph`: a derivative needs its graph."""
    token = current_origin.set(None if current_origin.get() is NOT_RECORDED else current_origin.get())
    try:
        yield
    finally:
        current_origin.reset(token)


@contextmanager
def no_graph() -> Iterator[None]:
    """In this block operations give plain leaves and remember nothing: for evaluation without training."""
    token = current_origin.set(NOT_RECORDED)
    try:
        yield
    finally:
        current_origin.reset(token)


@contextmanager
def track_source() -> Iterator[None]:
    """In this block every node remembers the file and the line that made it, in its `origin`.

    Errors, steps and the debugger then show it. It makes each operation slower, so it is off by default.
    """
    around = current_origin.get()
    if around is None:
        stand_in: Origin = TrackingOrigin()
    elif around.shared:  # inside a module that runs
        stand_in = TrackingOrigin(around.scope, around.kind, around.parent)
    else:  # tracked already, or not recorded at all
        stand_in = around
    token = current_origin.set(stand_in)
    try:
        yield
    finally:
        current_origin.reset(token)
