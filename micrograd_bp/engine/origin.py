"""Where a value comes from: the module that made it, what a leaf is, and the source line when tracked.

Every module has one `Origin`; it is open while the module runs, and the nodes made then point to it. A leaf's origin
says what the leaf is from the moment that it is made. The names are for people: drawings group by them, programs take
their variable names from them, nothing computes with them.
"""

import os.path
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from functools import lru_cache
from types import FrameType
from typing import Any, ClassVar


class Leaf(Enum):
    """What a leaf is."""

    MADE = "made"  # by a person, who wrote Value(…)
    LIFTED = "lifted"  # from a number, by an operation: a constant
    PARAMETER = "parameter"  # of a module
    INPUT = "input"  # a number that was handed to a module


class Origin:
    """One record for all nodes that were made in one place: in a module and, when tracked, in a line.

    Attributes:
        name: what the module around this one calls it, such as `neurons.2`; "" for the outermost one.
        kind: what the module is, such as `Neuron`; "" outside of modules.
        parent: the origin of the module that holds this one, or None.
        file: the source file, when tracked, or None.
        line: the line in it, or None.
        shared: whether nodes point to this very record. What only stands in for one gives each node its own.
    """

    __slots__ = ("_module", "file", "kind", "line", "name", "parent")
    shared: ClassVar[bool] = True
    leaf: Leaf | None = None

    name: str
    file: str | None
    line: int | None

    def __init__(
        self,
        name: str = "",
        kind: str = "",
        parent: "Origin | None" = None,
        file: str | None = None,
        line: int | None = None,
        module: "Origin | None" = None,
    ) -> None:
        self.name = name
        self.kind = kind
        self.parent = parent
        self.file = file
        self.line = line
        self._module = module

    @property
    def module(self) -> "Origin | None":
        """The one record of the module that a node with this origin belongs to, or None."""
        return self._module or (self if self.kind else None)

    @property
    def scope(self) -> str:
        """The path of the module from the outermost one, such as `layers.0.neurons.2`."""
        around = self.parent.scope if self.parent is not None else ""
        return f"{around}.{self.name}" if around and self.name else around or self.name

    @property
    def place(self) -> str:
        """The source line for people, such as `train.py:12`; "" when it was not tracked."""
        return f"{os.path.basename(self.file)}:{self.line}" if self.file else ""

    def adopt(self, part: "Origin", name: str) -> None:
        """Makes `part` the record of a module inside this one, unless another has it or it holds this one."""
        if part.parent is None and part not in self.chain():
            part.name, part.parent = name, self

    def chain(self) -> "list[Origin]":
        """This record and those around it, from the inside out."""
        chain = [self]
        while chain[-1].parent is not None:
            chain.append(chain[-1].parent)
        return chain

    def entered(self, module: "Origin") -> "Origin":
        """What new nodes get when `module` begins to run while this is open."""
        return module

    def here(self) -> "Origin | None":
        """The record for a node that is being made right now, from what only stands in for one."""
        return None

    def __repr__(self) -> str:
        place = f", {self.file}:{self.line}" if self.file else ""
        return f"<origin {self.scope or self.kind}{place}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Origin, (self.name, self.kind, self.parent, self.file, self.line, self._module)


# ---- leaves


class LeafOrigin(Origin):
    """What a leaf is, and what it is called.

    Attributes:
        leaf: what it is.
        name: the attribute, the variable or the argument that holds it, with its place there: `weights.2`; or "".
        parent: the module that has it as a parameter or was handed it; or None.
    """

    __slots__ = ("leaf",)

    def __init__(
        self,
        leaf: Leaf,
        name: str = "",
        parent: Origin | None = None,
        file: str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(name, "", parent, file, line)
        self.leaf = leaf

    def __reduce__(self) -> tuple[Any, ...]:
        return LeafOrigin, (self.leaf, self.name, self.parent, self.file, self.line)


def is_parameter(origin: Origin | None) -> bool:
    """Whether a value with this origin is a parameter of a module."""
    return origin is not None and origin.leaf is Leaf.PARAMETER


LIFTED = LeafOrigin(Leaf.LIFTED)
"""The origin of every constant."""


# ---- source lines


class TrackingOrigin(Origin):
    """Stands in for a module's origin while source lines are tracked: `here` gives the record of the running line."""

    __slots__ = ("_inside", "_lines")
    shared = False

    def __init__(self, module: Origin | None = None, outside_of: FrameType | None = None) -> None:
        super().__init__(module=module)
        self._inside: dict[Origin, TrackingOrigin] = {}
        self._lines: dict[tuple[str, int], Origin | None] = {}
        while outside_of is not None:
            self._lines[outside_of.f_code.co_filename, outside_of.f_lineno] = module
            outside_of = outside_of.f_back

    def entered(self, module: Origin) -> Origin:
        """The stand-in for `module`, the same each time."""
        if module not in self._inside:
            self._inside[module] = TrackingOrigin(module)
        return self._inside[module]

    def here(self) -> Origin | None:
        """The origin of a node that is being made: this module, and the line in the user's source that runs.

        The line is the innermost one outside of this package and NumPy: that of `w * x`, or of `model(x)`.
        """
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and is_machinery(frame):
            frame = frame.f_back
        module = self.module
        if frame is None:  # the package runs on its own
            return module
        file, line = frame.f_code.co_filename, frame.f_lineno
        if (file, line) not in self._lines:
            around = (module.name, module.kind, module.parent) if module is not None else ("", "", None)
            self._lines[file, line] = Origin(*around, file, line, module)
        return self._lines[file, line]


def is_machinery(frame: FrameType) -> bool:
    """Whether the code that runs in a frame is ours or NumPy's."""
    return _is_of_ours(frame.f_globals.get("__name__"))


@lru_cache(maxsize=4096)
def _is_of_ours(module: object) -> bool:
    return str(module).partition(".")[0] in ("micrograd_bp", "numpy")


class _NotRecorded(Origin):
    __slots__ = ()
    shared = False

    def entered(self, module: Origin) -> Origin:
        return self


NOT_RECORDED = _NotRecorded()
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
def track_source(*, outside_of: FrameType | None = None) -> Iterator[None]:
    """In this block every node remembers the file and the line that made it, in its `origin`.

    Errors, steps and the debugger then show it. It makes each operation slower, so it is off by default. The running
    line of the frame `outside_of`, and of those that have called it, has made nothing.
    """
    around = current_origin.get()
    # Inside a module that runs it stands in for that; what is tracked already, or not recorded at all, stays so.
    token = current_origin.set(TrackingOrigin(around, outside_of) if around is None or around.shared else around)
    try:
        yield
    finally:
        current_origin.reset(token)
