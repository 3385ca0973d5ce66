"""What the source assigns a value to: the variable, attribute or place in a list that a call ends up in.

Code objects know the exact span of each call in its file. The call is looked up there in the syntax tree, and what is
around it tells the name: `a = Value(2.0)`, `a, b = Value(1), Value(2)`, `self.w = [Value(0) for _ in range(3)]`.
"""

import ast
import linecache
import os.path
import sysconfig
from itertools import islice
from types import CodeType

Span = tuple[int | None, int | None, int | None, int | None]
"""The first line, the last one, the first column, the last one."""

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_NOT_A_PERSONS = tuple({_PACKAGE, *(sysconfig.get_path(which) for which in ("stdlib", "purelib", "platlib"))})
_trees: dict[str, tuple[list[str], dict[Span, list[ast.AST]]]] = {}
"""The calls of a file, each with the nodes around it from the outside in; and the lines that were read."""


def is_a_persons(code: CodeType) -> bool:
    """Whether the code is neither ours nor a library's."""
    return not code.co_filename.startswith(_NOT_A_PERSONS)


def assigned_name(code: CodeType, instruction: int) -> tuple[str, bool]:
    """The name that the source gives to what a call makes.

    Args:
        code: the code with the call in it.
        instruction: the call's place there, a frame's `f_lasti`.

    Returns:
        The name, such as `a`, `w`, `xs.1`, or "" where the source tells none; and whether the call makes one after the
        other of a list, so that a number is to follow.
    """
    if not is_a_persons(code):
        return "", False
    around = _calls(code.co_filename).get(_span(code, instruction))
    return _target(around) if around else ("", False)


def line_of(code: CodeType, instruction: int) -> int | None:
    """The line of an instruction, or None."""
    return _span(code, instruction)[0]


def _span(code: CodeType, instruction: int) -> Span:
    return next(islice(code.co_positions(), instruction // 2, None))


def _calls(file: str) -> dict[Span, list[ast.AST]]:
    lines = linecache.getlines(file)
    if file not in _trees or _trees[file][0] is not lines:
        try:
            tree = ast.parse("".join(lines))
        except (SyntaxError, ValueError, RecursionError):  # changed since, or in a notebook's own language
            return {}
        calls: dict[Span, list[ast.AST]] = {}
        stack: list[list[ast.AST]] = [[tree]]
        while stack:
            path = stack.pop()
            node = path[-1]
            if isinstance(node, ast.Call):
                calls[node.lineno, node.end_lineno, node.col_offset, node.end_col_offset] = path
            # A statement says all about a name that there is to know.
            inside = [node] if isinstance(node, ast.stmt) else path
            stack += [[*inside, child] for child in ast.iter_child_nodes(node)]
        _trees[file] = lines, calls
    return _trees[file][1]


def _target(path: list[ast.AST]) -> tuple[str, bool]:
    """The name for the last node of a path from a statement to a call."""
    places: list[str] = []  # in lists and dictionaries around the call, from the inside out
    counted, regular = False, True
    child = path[-1]
    for node in reversed(path[:-1]):
        match node:
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                places.append(str(elements.index(child)))  # type: ignore[arg-type]  # all of them expressions
            case ast.Dict(keys=keys, values=values) if child in values:
                key = keys[values.index(child)]
                if not isinstance(key, ast.Constant):
                    return "", False
                places.append(str(key.value))
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element) if child is element:
                if counted or places:  # a list of lists: how long each one is cannot be seen
                    regular = False
                    places.clear()
                counted = True
            case ast.DictComp(value=element) if child is element:
                pass
            case ast.IfExp(test=test) if child is not test:
                pass
            case ast.BoolOp():
                pass
            case ast.Lambda() | ast.keyword(arg="default_factory", value=ast.Lambda()):  # of a field of a dataclass
                pass
            case ast.keyword(arg=str(name)):
                places.append(name)
            case ast.Call(func=ast.Name(id="list" | "tuple" | "dict" | "field")):
                pass
            case ast.Call(func=ast.Attribute(attr="array")) if child is not node.func:  # of NumPy
                pass
            case ast.Call(func=ast.Attribute(attr="append", value=holder)) if child is not node.func:
                return _plain(holder), False  # how much was in the list before cannot be seen
            case _ if isinstance(child, ast.Lambda) and not isinstance(node, ast.keyword):
                return "", False
            case ast.NamedExpr(target=target) | ast.AnnAssign(target=target) | ast.Assign(targets=[target, *_]):
                name, counted = _named(target, places, counted)
                return name, counted and regular
            case _:
                return "", False
        child = node
    return "", False


def _named(target: ast.expr, places: list[str], counted: bool) -> tuple[str, bool]:
    while isinstance(target, (ast.Tuple, ast.List)):  # a, b = Value(1.0), Value(2.0)
        if not places or not places[-1].isdigit() or any(isinstance(each, ast.Starred) for each in target.elts):
            return "", False
        target = target.elts[int(places.pop())]
    name = _plain(target)
    if isinstance(target, ast.Subscript):
        name = _plain(target.value)
        match target.slice:
            case ast.Constant(value=key):
                places.append(str(key))
            case _:  # which place it is cannot be seen
                places.clear()
                counted = False
    return (".".join([name, *reversed(places)]), counted) if name else ("", False)


def _plain(expression: ast.expr) -> str:
    match expression:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
