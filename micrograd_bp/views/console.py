"""What shows itself as lines and tables: in a terminal with colours, as plain text, and in a notebook.

Here alone is rich known, which takes a moment to import.
"""

import io
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from micrograd_bp.engine.numbers.notation import in_encoding

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

WIDTH = 100


class Line(NamedTuple):
    """Some text in one style of rich, such as a colour or `bold`."""

    text: str
    style: str = ""


class Column(NamedTuple):
    """The head of a column, where its cells stand, and how narrow it may get."""

    head: str
    justify: Literal["left", "right"] = "right"
    min_width: int | None = None


class Table(NamedTuple):
    """Columns and rows; a cell is text, or text in a style."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Line | str]]


class Shown(ABC):
    """What can be printed."""

    @abstractmethod
    def parts(self) -> Sequence[Line | Table]:
        """What stands below one another."""

    def text(self, *, width: int = WIDTH, encoding: str | None = "utf-8") -> str:
        """All of it without colours, in the signs that an encoding has."""
        from rich.console import Console

        buffer = io.StringIO()
        console = Console(file=buffer, width=width, color_system=None, legacy_windows=False)
        console.print(*_rendered(self.parts(), encoding), sep="\n")
        return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())

    def __str__(self) -> str:
        return self.text(encoding=sys.stdout.encoding)

    def __rich_console__(self, console: "Console", options: Any) -> "Iterator[RenderableType]":
        """What `rich.print` shows."""
        return _rendered(self.parts(), console.encoding)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self)}


def _rendered(parts: Sequence[Line | Table], encoding: str | None) -> "Iterator[RenderableType]":
    """Each part as rich has it."""
    from rich import table
    from rich.text import Text

    def text(cell: Line | str) -> "Text":
        content, style = (cell, "") if isinstance(cell, str) else cell
        return Text(in_encoding(content, encoding), style=style, overflow="fold")

    for part in parts:
        if isinstance(part, Line):
            yield text(part)
            continue
        shown = table.Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for head, justify, min_width in part.columns:
            overflow: Literal["fold", "ellipsis"] = "fold" if justify == "left" else "ellipsis"
            shown.add_column(in_encoding(head, encoding), justify=justify, min_width=min_width, overflow=overflow)
        for row in part.rows:
            shown.add_row(*map(text, row))
        yield shown
