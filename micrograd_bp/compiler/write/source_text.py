"""Source text in parts, each compiled for itself, that a debugger can step through, and places in it."""

import itertools
import linecache
import weakref
from collections.abc import Sequence
from types import CodeType
from typing import Any, NamedTuple

_numbers = itertools.count(1)


class Place(NamedTuple):
    """An entry of an array in a program.

    Attributes:
        array: the array's name in the source; that of a gradient starts with `d_`.
        index: which entry, without the axis of samples.
        line: the line of the source that sets it; that of the function for an argument.
        statement: that line.
    """

    array: str
    index: tuple[int, ...]  # type: ignore[assignment]  # an entry has an index; nobody looks one up in a Place
    line: int
    statement: str

    @property
    def entry(self) -> str:
        """The entry as text, such as "W0[3, 5]"."""
        return f"{self.array}[{', '.join(map(str, self.index))}]" if self.index else self.array


class SourceText:
    """Python source in parts. A million statements in one piece would take CPython's compiler gigabytes.

    Attributes:
        filename: the name under which the source is registered, so that pdb and tracebacks show its lines, for as long
            as this object lives.
        source: the whole text.
        lines: its lines.
    """

    def __init__(self, parts: Sequence[Sequence[str]]) -> None:
        """Compiles the parts, each of which is given as its lines."""
        self.filename = f"<micrograd_bp program {next(_numbers)}>"
        texts = ["\n".join(lines) + "\n\n\n" for lines in parts]
        self._starts = list(itertools.accumulate([text.count("\n") for text in texts], initial=1))
        self._codes = [
            _moved_down(compile(text, self.filename, "exec"), start - 1)
            for text, start in zip(texts, self._starts, strict=False)
        ]
        self.source = "".join(texts).rstrip("\n") + "\n"
        self.lines = self.source.splitlines(keepends=True)
        linecache.cache[self.filename] = (len(self.source), None, self.lines, self.filename)
        weakref.finalize(self, linecache.cache.pop, self.filename, None).atexit = False

    def line_number(self, part: int, offset: int) -> int:
        """The number in the whole source of a line in a part, of which the first is 0."""
        return self._starts[part] + offset

    def run(self) -> dict[str, Any]:
        """Executes the source. Returns what it defines."""
        namespace: dict[str, Any] = {"__name__": self.filename}
        for code in self._codes:
            exec(code, namespace)
        return namespace


def _moved_down(code: CodeType, lines: int) -> CodeType:
    """Code as if it stood so many lines further down, with the functions in it."""
    constants = tuple([_moved_down(held, lines) if isinstance(held, CodeType) else held for held in code.co_consts])
    return code.replace(co_firstlineno=code.co_firstlineno + lines, co_consts=constants)
