"""The line of somebody's backward to look at: read from their source, without running it."""

import ast
import inspect
import linecache
import textwrap
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from micrograd_bp.checks.naming import parts


class SourceLine(NamedTuple):
    """A line of somebody's file."""

    file: str
    number: int
    text: str


def line_of(method: Any, what: str, places: Mapping[str, str], roles: Sequence[str]) -> SourceLine | None:
    """The line that computes something, or None if it cannot be told.

    Args:
        method: their backward.
        what: `d_z`, for the last line that all arrays in `roles` depend on; or the role of one array.
        places: where the arrays were found, by role.
        roles: the arrays that are wrong.
    """
    try:
        source, first = inspect.getsourcelines(method)
        path = inspect.getsourcefile(method) or ""
        tree = ast.parse(textwrap.dedent("".join(source)))
    except (OSError, TypeError, SyntaxError):
        return None
    function = next((n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))), None)
    if function is None:
        return None
    statements = sorted(
        (
            node
            for node in ast.walk(function)
            if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return))
        ),
        key=lambda node: node.lineno,
    )
    self_name = function.args.args[0].arg if function.args.args else ""
    found: ast.stmt | None = None
    if what == "loop":
        found = next((node for node in ast.walk(function) if isinstance(node, (ast.For, ast.While))), None)
    if found is not None:
        pass
    elif what in ("d_z", "loop") and roles:
        chains = [_chain(statements, _statement(statements, role, places), self_name) for role in roles]
        shared = [node for node in chains[0] if all(node in chain for chain in chains)]
        found = shared[0] if shared else next(iter(chains[0]), None)
        if len(roles) == 1 and len(chains[0]) > 1 and found is chains[0][0]:
            found = _d_z_line(chains[0])
    else:
        found = _statement(statements, what if what in places else next(iter(roles), ""), places)
    if found is None:
        return first_line(method)
    return SourceLine(Path(path).name, first + found.lineno - 1, source[found.lineno - 1].strip())


def first_line(method: Any) -> SourceLine | None:
    """The line where a method begins."""
    try:
        source, first = inspect.getsourcelines(method)
        return SourceLine(Path(inspect.getsourcefile(method) or "").name, first, source[0].strip())
    except (OSError, TypeError, IndexError):
        return None


def _d_z_line(chain: Sequence[ast.stmt]) -> ast.stmt:
    """Of the lines that one array depends on: the one that multiplies, element by element, nearest to the array."""
    for node in chain[1:]:
        if any(isinstance(part, ast.Mult) for part in ast.walk(node)):
            return node
    return chain[0]


def _statement(statements: Sequence[ast.stmt], role: str, places: Mapping[str, str]) -> ast.stmt | None:
    """The last statement that assigns an array, or returns it."""
    place = places.get(role, "")
    if "(" in place or place.startswith("what "):
        return next((node for node in reversed(statements) if isinstance(node, ast.Return)), None)
    steps = parts(place.removeprefix("the change of ").partition(",")[0])
    last = next((step for step in reversed(steps) if not step.isdigit()), "")
    for node in reversed(statements):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if target is not None and any(_called(part) == last for part in ast.walk(target)):
                return node
    return None


def _called(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Constant):
        return str(node.value)
    return node.id if isinstance(node, ast.Name) else ""


def _names(node: ast.AST | None, self_name: str) -> set[str]:
    """The variables and attributes that an expression mentions."""
    return {_called(part) for part in ast.walk(node)} - {"", self_name} if node is not None else set()


def _chain(statements: Sequence[ast.stmt], statement: ast.stmt | None, self_name: str) -> list[ast.stmt]:
    """A statement and those whose variables it was computed from, the last in the source first."""
    chain: list[ast.stmt] = []
    left = [statement] if statement is not None else []
    while left:
        node = left.pop(0)
        if node in chain:
            continue
        chain.append(node)
        read = _names(getattr(node, "value", None), self_name)
        for earlier in statements:
            targets = earlier.targets if isinstance(earlier, ast.Assign) else [getattr(earlier, "target", None)]
            if earlier.lineno < node.lineno and any(_names(target, self_name) & read for target in targets):
                left.append(earlier)
    return sorted(chain, key=lambda node: -node.lineno)


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
