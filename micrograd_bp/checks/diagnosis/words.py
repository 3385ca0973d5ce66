"""Where values come from, in words: the lines of somebody's forward, and the names on them."""

import ast
import linecache
import re
from collections.abc import Mapping
from pathlib import Path

from micrograd_bp.checks.diagnosis.wiring import CONSTANT, Source, Wiring
from micrograd_bp.checks.source import SourceLine
from micrograd_bp.engine import OPERATIONS

SYNTAX: dict[str, tuple[type, ...]] = {
    "add": (ast.Add,),
    "subtract": (ast.Sub,),
    "multiply": (ast.Mult, ast.MatMult),
    "divide": (ast.Div,),
    "constant_power": (ast.Pow,),
    "negative": (ast.USub,),
}


class Described:
    """A source as a text can mention it: `{0}` is its line, `{0.name}` what is computed there."""

    def __init__(self, source: Source, name: str) -> None:
        self.source = source
        self.name = name

    @property
    def line(self) -> SourceLine | None:
        """The line of forward."""
        source = self.source
        if not source.line:
            return None
        return SourceLine(Path(source.file).name, source.line, linecache.getline(source.file, source.line).strip())

    @property
    def operation(self) -> str:
        """What is done there."""
        if self.source.name in ("", "constant") or self.name.startswith("what"):
            return str(self)
        return f"{self.name} in {self}" if self.line else self.name

    def __str__(self) -> str:
        line = self.line
        return f"line {line.number}, `{line.text}`" if line else self.name


def described(wiring: Wiring) -> "Words":
    """What the sources of a graph are called."""
    ends: dict[tuple[str, int], set[str]] = {}
    leaves_line = set(map(int, range(len(wiring.nodes))))
    for parent, child in zip(wiring.parent, wiring.child, strict=True):
        a, b = wiring.group[parent].source, wiring.group[child].source
        if (a.file, a.line) == (b.file, b.line):
            leaves_line.discard(int(child))
    for number in leaves_line:
        source = wiring.group[number].source
        ends.setdefault((source.file, source.line), set()).add(source.name)
    return Words(ends)


class Words:
    """Writes templates with sources in them."""

    def __init__(self, ends: Mapping[tuple[str, int], set[str]]) -> None:
        self.ends = ends

    def __call__(self, source: Source) -> Described:
        """A source in words."""
        return Described(source, self._name(source))

    def write(self, template: str, sources: tuple[Source, ...]) -> str:
        """A template with the sources in words."""
        return template.format(*map(self, sources)).replace("` into", "`, into").replace("` along", "`, along")

    def term(self, parent: Source, child: Source, operands: tuple[Source, ...]) -> str:
        """What a path adds to the gradient of its operand: `d(xc)·(-1)`, from the formula of the operation."""
        entry = OPERATIONS.get(parent.name)
        if entry is None or entry.many or child not in operands or len(operands) != len(entry.operand_names):
            return ""
        if entry.name == "where" or (CONSTANT in operands[:1] and entry.name != "multiply"):
            return ""
        formulas = [derivative.text for derivative in entry.formula().derivatives.values()]
        if len(formulas) <= operands.index(child):
            return ""
        text = formulas[operands.index(child)]
        names = dict(zip(entry.operand_names, [self._name(each) for each in operands], strict=True))
        text = re.sub(r"\b(" + "|".join(names) + r")\b", lambda m: _bracketed(names[m[1]]), text)
        upstream = f"d({self._name(parent)})"
        return upstream if text == "1" else f"-{upstream}" if text == "-1" else f"{upstream}·{_bracketed(text)}"

    def _name(self, source: Source) -> str:
        if not source.line:
            return source.name.removeprefix("self.")
        text = linecache.getline(source.file, source.line).strip()
        tree = _statement(text)
        if source.name in self.ends.get((source.file, source.line), ()) or not source.name:
            if isinstance(tree, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
                target = tree.targets[0] if isinstance(tree, ast.Assign) else tree.target
                if not isinstance(target, ast.Tuple):
                    return ast.unparse(target).removeprefix("self.")
            if isinstance(tree, ast.Return):
                return "what it returns"
        if tree is not None:
            found = {ast.unparse(part) for part in ast.walk(tree) if _is(part, source.name)}
            if len(found) == 1:
                return found.pop()
        return "a part of it"


def _bracketed(text: str) -> str:
    return text if re.fullmatch(r"[\w.\[\]'\"]+|.*\)", text) else f"({text})"


def _statement(text: str) -> ast.AST | None:
    for attempt in (text, text.rstrip(":") + ": pass", text.removeprefix("el") + " pass"):
        try:
            return ast.parse(attempt).body[0]
        except (SyntaxError, IndexError):
            continue
    return None


def _is(part: ast.AST, name: str) -> bool:
    if isinstance(part, (ast.BinOp, ast.UnaryOp)):
        return isinstance(part.op, SYNTAX.get(name, ()))
    if isinstance(part, ast.Call):
        called = part.func.attr if isinstance(part.func, ast.Attribute) else getattr(part.func, "id", "")
        return (
            called == name
            or called in getattr(OPERATIONS.get(name), "aliases", ())
            or (name == "add" and called in ("sum", "mean"))
        )
    return False
