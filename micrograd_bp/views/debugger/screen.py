"""The terminal that the debugger writes to: what it can show, how wide it is, and whether it has colours."""

import os
import re
import shutil
from typing import TextIO

from micrograd_bp.engine.numbers.notation import in_ascii, in_encoding
from micrograd_bp.views.colours import Sign
from micrograd_bp.views.text import printable

SIGNS = "∂Σᵢ√·²₀→…"
"""What formulas are written with. A terminal that lacks one of them gets ASCII throughout."""

PLAIN_WIDTH = 80


class Screen:
    """Where the debugger writes.

    Attributes:
        width: the number of characters on a line; 80 where the output is not a terminal.
        colour: whether colours are shown.
    """

    def __init__(self, out: TextIO) -> None:
        self.out = out
        self.is_terminal = bool(getattr(out, "isatty", lambda: False)())
        self.width = shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns if self.is_terminal else PLAIN_WIDTH
        self.colour = self.is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
        self.encoding = getattr(out, "encoding", None) or "utf-8"  # a text buffer takes everything
        self.has_signs = in_encoding(SIGNS, self.encoding) == SIGNS

    def say(self, text: str = "") -> None:
        """Writes some lines, wrapped to the width; whatever they hold, nothing of it steers the terminal."""
        for line in text.split("\n"):
            for part in wrapped(self._writable(printable(line, limit=len(line))), self.width):
                self.out.write(self._coloured(part) + "\n")
        self.out.flush()

    def _writable(self, line: str) -> str:
        """With ASCII for the signs of formulas where the output lacks one, and escapes for what else it lacks."""
        if not self.has_signs:
            line = re.sub(r"[^\x00-\x7f]+", _signs_in_ascii, line)
        return line.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def _coloured(self, line: str) -> str:
        return OUTCOME.sub(lambda found: found[1] + _painted(found[2]), line) if self.colour else line


def _signs_in_ascii(found: re.Match[str]) -> str:
    """Signs of formulas written out; letters without an ASCII form stay, since the output may be able to write them."""
    written = in_ascii(found[0])
    return found[0] if "\\" in written else written


OUTCOME = re.compile(r"( (?:=|→|->) )(-?(?:[\d.]+(?:e[-+]\d+)?|inf|nan))$")
"""The number that a line ends with, what came out."""

# The palette of `colours` in the 256 colours that every terminal has.
COLOURS = {Sign.POSITIVE: 32, Sign.NEGATIVE: 166, Sign.NOTHING: 245, Sign.NOT_FINITE: 133}


def _painted(text: str) -> str:
    return f"\x1b[38;5;{COLOURS[Sign.of(float(text))]}m{text}\x1b[0m"


def wrapped(line: str, width: int) -> list[str]:
    """A line cut between words where it is too long, what follows indented."""
    if len(line) <= width:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    parts: list[str] = []
    while len(line) > width:
        cut = line.rfind(" ", len(indent) if parts else 1, width + 1)
        if cut <= 0:
            cut = width
        parts.append(line[:cut].rstrip())
        line = indent + line[cut:].lstrip()
    return [*parts, line]
