"""What a drawing consists of, before it is written in any language: boxes, the lines between them, and frames.

A frame is the `Origin` of a module: boxes of one module stand together, inside those of the modules around it.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from micrograd_bp.engine import Origin
from micrograd_bp.views.colours import Sign
from micrograd_bp.views.gradient_flow import Passage
from micrograd_bp.views.names import Role


class Parameter(NamedTuple):
    """A parameter that stands as a row in a table beside the only value that uses it.

    Attributes:
        name: what it is called.
        data: its number.
        gradient: its gradient; "" where gradients are not shown.
        contribution: what that use adds to its gradient, or None if that is not known.
    """

    name: str
    data: str
    gradient: str
    contribution: float | None


@dataclass
class Box:
    """One value, or several that are drawn as one.

    Attributes:
        title: its name or operation.
        subtitle: what else there is to say in the first line.
        rows: names and numbers, one pair for each line.
        role: what it is in the picture.
        frame: the innermost module it stands in, or None.
        passage: whether it is a dead end.
        remark: a last line, in words.
        finite: whether all its numbers are finite.
        tooltip: what a browser shows when the mouse rests on it.
        compact: whether it is written on one line.
        parameters: what stands in a table beside it.
        repeats: whether it stands for another box, in a drawing of several rows.
    """

    title: str
    role: Role
    subtitle: str = ""
    rows: list[tuple[str, str]] = field(default_factory=list)
    frame: Origin | None = None
    passage: Passage = Passage.OPEN
    remark: str = ""
    finite: bool = True
    tooltip: str = ""
    compact: bool = False
    parameters: list[Parameter] = field(default_factory=list)
    repeats: bool = False


@dataclass
class Line:
    """An edge, from an operand to what was made of it.

    Attributes:
        tail: the place of the operand among the boxes.
        head: the place of the result.
        contribution: what it adds to the operand's gradient, or None if that is not known.
        label: what stands beside it.
        tooltip: what a browser shows when the mouse rests on it.
        term: which term of a sum it belongs to, the 3 of w3 and x3, or None.
        row: the row of the head's table at which it ends, or None.
    """

    tail: int
    head: int
    contribution: float | None
    label: str = ""
    tooltip: str = ""
    term: int | None = None
    row: int | None = None


@dataclass
class Picture:
    """All boxes and lines, in order.

    Attributes:
        boxes: the boxes.
        lines: the lines between them.
        framed: whether modules have frames.
        dense: whether there are so many lines that straight ones are easier to follow.
        notes: what to say below about the whole.
    """

    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    framed: bool = True
    dense: bool = False
    notes: list[str] = field(default_factory=list)

    def signs(self) -> set[Sign]:
        """What there is among the contributions that are known."""
        return {Sign.of(line.contribution) for line in self.lines if line.contribution is not None}
