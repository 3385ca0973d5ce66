"""Somebody's functions with one expression changed: run once to see what they hold, then once for each change.

A function object stays what it is and gets other code for the time of a run: whoever calls it runs the change.
"""

import ast
import contextlib
import linecache
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.checks.claims import Array
from micrograd_bp.checks.source import SourceLine, is_theirs, line_at


class Kind(NamedTuple):
    """What an expression has given: "f" or "i" or "b" for numbers, whole numbers and truth, and its shape."""

    numbers: str
    shape: tuple[int, ...]
    value: int = 0
    """Of one whole number."""

    def is_like(self, other: "Kind") -> bool:
        """Whether another array may stand in its place."""
        return self.shape == other.shape and (self.numbers == "i") == (other.numbers == "i")

    def fitting(self, name: str, other: "Kind") -> str:
        """Another array as one would write it beside this one, so that the shape remains; "" if it cannot be."""
        forms = {
            "": other.shape,
            "[:, None]": (*other.shape[:1], 1, *other.shape[1:]),
            "[..., None]": (*other.shape, 1),
        }
        forms["[:, :, None, None]"] = (*other.shape, 1, 1)
        for index, shape in forms.items():
            with contextlib.suppress(ValueError):
                if np.broadcast_shapes(self.shape, shape) == self.shape:
                    return name + index
        return ""


class Unit(NamedTuple):
    """An expression whose value goes somewhere: what is assigned, returned, or handed to a call."""

    function: "Rewritten"
    statement: ast.AST
    node: ast.expr

    @property
    def at(self) -> int:
        """The line where its statement begins."""
        return int(getattr(self.statement, "lineno", self.node.lineno))

    @property
    def line(self) -> SourceLine:
        """That line."""
        return line_at(self.function.file, self.at)


class Rewritten:
    """A function of theirs whose source can be changed.

    Attributes:
        function: the function itself.
        file: where it stands.
        node: its definition.
        units: its expressions, in the order of the source.
        seen: what each expression gave, when it ran as it stands.
        values: the same of arrays, the first two times.
        scope: for each line, what there was besides, as one would write it.
        done: for each line, at which place in the order it was done first.
        parents: of each node, by identity: what holds it, and where.
    """

    def __init__(self, function: FunctionType, node: ast.FunctionDef | ast.Lambda) -> None:
        self.function = function
        self.node = node
        code = function.__code__
        self.file = code.co_filename
        self.seen: dict[int, Kind] = {}
        self.values: dict[int, list[Array]] = {}
        self.scope: dict[int, dict[str, Kind]] = {}
        self.done: dict[int, float] = {}
        self._find = code.co_name, code.co_firstlineno
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = []
            self._find = code.co_name, node.lineno
        body: ast.stmt = node if isinstance(node, ast.FunctionDef) else ast.Expr(node)
        owner = code.co_qualname.split(".")[-2:-1]
        if owner and owner != ["<locals>"]:  # for names with two underscores, and `super()`
            body = ast.ClassDef(owner[0], [], [], [body], [])
        free = [ast.arg(name) for name in code.co_freevars if name != "__class__"]
        nothing = ast.arguments([], free, None, [], [], None, [])
        self._module = ast.Module([ast.FunctionDef("around", nothing, [body], [])], [])
        ast.fix_missing_locations(self._module)
        self.parents: dict[int, tuple[ast.AST, str, int | None]] = {}
        for parent in ast.walk(self._module):
            for field, value in ast.iter_fields(parent):
                for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                    if isinstance(child, ast.AST) and not isinstance(child, (ast.expr_context, ast.operator)):
                        self.parents[id(child)] = parent, field, index
        self.units = [Unit(self, *each) for each in _units(node)]

    @property
    def has_while(self) -> bool:
        """Whether a change may make it run for ever."""
        return any(isinstance(node, ast.While) for node in ast.walk(self.node))

    @contextlib.contextmanager
    def with_change(self, old: ast.AST, source: str) -> Iterator[None]:
        """In this block other source stands where `old` does.

        Raises:
            SyntaxError, ValueError, TypeError: it cannot.
        """
        before = self.function.__code__
        new: ast.AST = ast.parse(source).body[0]
        if isinstance(old, ast.stmt):  # it may be several
            new = ast.If(ast.Constant(True), ast.parse(source).body, [])
        if isinstance(new, ast.Expr) and isinstance(old, ast.expr):
            new = new.value
        for node in ast.walk(new):
            if isinstance(node, (ast.expr, ast.stmt, ast.keyword)):
                ast.copy_location(node, old)
        parent, field, index = self.parents[id(old)]
        try:
            self._put(parent, field, index, new)
            self.function.__code__ = _found(compile(self._module, self.file, "exec"), *self._find)
            yield
        finally:
            self._put(parent, field, index, old)
            self.function.__code__ = before

    @staticmethod
    def _put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
        if index is None:
            setattr(parent, field, node)
        else:
            getattr(parent, field)[index] = node


def _found(code: CodeType, name: str, line: int) -> CodeType:
    left = [code]
    for each in left:
        if each.co_name == name and each.co_firstlineno == line:
            return each
        left += [constant for constant in each.co_consts if isinstance(constant, CodeType)]
    raise ValueError(name)


def _units(node: ast.FunctionDef | ast.Lambda) -> Iterator[tuple[ast.AST, ast.expr]]:
    for statement, value in _values(node):
        yield statement, value
        for part in ast.walk(value):
            if (
                isinstance(part, ast.Call)
                and not harmless(part)
                and ast.unparse(part.func) not in ("range", "reversed", "len")
            ):
                yield from ((statement, argument) for argument in part.args)


def _values(node: ast.FunctionDef | ast.Lambda) -> Iterator[tuple[ast.AST, ast.expr]]:
    if isinstance(node, ast.Lambda):
        yield node, node.body
        return
    for statement in ast.walk(node):
        if isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return)) and statement.value:
            value = statement.value
            for target in getattr(statement, "targets", [getattr(statement, "target", None)]):
                if isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Constant):
                    yield statement, target.slice
            if isinstance(value, (ast.Tuple, ast.List)):
                yield from ((statement, part) for part in value.elts)
            elif isinstance(value, ast.Dict):
                yield from ((statement, part) for part in value.values)
            else:
                yield statement, value
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            yield from ((statement, part) for part in statement.value.args)
        elif isinstance(statement, ast.For):
            yield statement, statement.iter
        elif isinstance(statement, ast.If):
            yield statement, statement.test
        elif isinstance(statement, ast.Lambda):
            yield statement, statement.body


def functions_run(run: Callable[[], Any]) -> list[Rewritten]:
    """The functions of theirs that run, the first one first; none where a change may make one run for ever."""
    found: dict[CodeType, FunctionType | None] = {}

    def trace(frame: FrameType, event: str, argument: Any) -> None:
        if frame.f_code not in found and is_theirs(frame.f_code.co_filename):
            found[frame.f_code] = next(_named(frame), None)

    with traced(trace):
        run()
    made = []
    for code, function in found.items():
        node = _definition(code.co_filename, code.co_name, code.co_firstlineno)
        if node is not None and function is not None:
            made.append(Rewritten(function, node))
    return [] if any(each.has_while for each in made) else made


def _named(frame: FrameType) -> Iterator[FunctionType]:
    """The function that runs in a frame: as a module, a class, an object or the caller knows it."""
    caller = frame.f_back.f_locals if frame.f_back is not None else {}
    first = next(iter(frame.f_locals.values()), None)
    known = [first, *frame.f_globals.values(), *caller.values()]
    kinds = [kind for each in known for kind in (each if isinstance(each, type) else type(each)).__mro__]
    held = [getattr(each, "__dict__", {}) for each in (first, *caller.values(), *dict.fromkeys(kinds))]
    for names in (frame.f_globals, caller, *held):
        for value in list(names.values()):
            function = getattr(value, "__func__", getattr(value, "fget", value))
            if isinstance(function, FunctionType) and function.__code__ is frame.f_code:
                yield function


def _definition(file: str, name: str, line: int) -> ast.FunctionDef | ast.Lambda | None:
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            if line in (node.lineno, *(each.lineno for each in node.decorator_list)):
                return node
        elif isinstance(node, ast.Lambda) and name == "<lambda>" and node.lineno == line:
            return node
    return None


@contextlib.contextmanager
def traced(trace: Any) -> Iterator[None]:
    """In this block `trace` sees what runs."""
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


HARMLESS = {"sum", "mean", "dot", "reshape", "transpose", "copy", "max", "min", "astype", "swapaxes", "ravel"}


def harmless(node: ast.expr) -> bool:
    """Whether an expression can be evaluated besides, without anything noticing."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            name = part.func
            if not isinstance(name, ast.Attribute):
                return False
            ours = isinstance(name.value, ast.Name) and name.value.id in ("np", "numpy")
            if not ours and name.attr not in HARMLESS:
                return False
    return not isinstance(node, (ast.Lambda, ast.Constant, ast.Starred))
