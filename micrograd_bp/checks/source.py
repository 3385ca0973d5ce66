"""Lines of somebody's source."""

import ast
import inspect
import linecache
import textwrap
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple


class SourceLine(NamedTuple):
    """A line of somebody's file."""

    file: str
    number: int
    text: str


def line_at(file: str, number: int) -> SourceLine:
    """A line by its number."""
    return SourceLine(Path(file).name, number, linecache.getline(file, number).strip())


def first_line(method: Any) -> SourceLine | None:
    """The line where a method begins."""
    try:
        source, first = inspect.getsourcelines(method)
        return SourceLine(Path(inspect.getsourcefile(method) or "").name, first, source[0].strip())
    except (OSError, TypeError, IndexError):
        return None


def drops(function: Any) -> bool:
    """Whether its last statement is an expression whose value goes nowhere, or nothing at all is done."""
    tree = syntax(function)
    body = getattr(tree.body[0], "body", []) if tree is not None else []
    last = body[-1] if body else None
    if isinstance(last, ast.Expr):
        return not isinstance(last.value, ast.Constant)
    return bool(isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name))


def syntax(function: Any) -> ast.Module | None:
    """The syntax tree of a function or a class, or None without source."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None


PACKAGE = Path(__file__).parent.parent
STANDARD_LIBRARY = Path(ast.__file__).parent


@lru_cache(maxsize=1024)
def is_theirs(file: str) -> bool:
    """Whether a file is a person's own: neither of this package, nor of Python, nor installed."""
    path = Path(file)
    ours = {PACKAGE, STANDARD_LIBRARY} & set(path.parents) or "site-packages" in path.parts
    return path.suffix == ".py" and not ours


def line_of_error(error: BaseException) -> SourceLine | None:
    """The last line of a person's own file in the traceback of an exception."""
    line = None
    traceback = error.__traceback__
    while traceback is not None:
        path = Path(traceback.tb_frame.f_code.co_filename)
        if is_theirs(str(path)):
            line = SourceLine(path.name, traceback.tb_lineno, linecache.getline(str(path), traceback.tb_lineno).strip())
        traceback = traceback.tb_next
    return line
