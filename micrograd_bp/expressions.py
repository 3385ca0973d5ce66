"""Text such as `tanh(w*x + b)` becomes a graph: through Python's own parser and the table of operations.

Nothing is ever run as Python. An expression has numbers, names, the operators and comparisons of Python, the
operations of the table with their constants, lists for groups, and `(n := w*x + b)` to label a part.
"""

import ast
import math
import warnings
from collections.abc import Mapping
from typing import Any

from micrograd_bp.engine import OPERATIONS, Value
from micrograd_bp.engine.numbers.floats import as_float
from micrograd_bp.engine.suggestions import did_you_mean
from micrograd_bp.engine.table import call

LONGEST = 4_000
"""So many characters an expression may have."""

CONSTANTS = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan}

BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "pow",
    ast.Mod: "remainder",
    ast.FloorDiv: "floor_divide",
}
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
ALIASES = {"max": "maximum", "min": "minimum"}


class ExpressionError(ValueError):
    """An expression that cannot be read or has no value; the message is one line."""


def names_in(text: str) -> list[str]:
    """The names in an expression that need a value, in the order in which they first appear.

    Raises:
        ExpressionError: it cannot be read.
    """
    found: dict[str, None] = {}
    defined = set()
    for node, _ in _in_order(_parsed(text)):
        if isinstance(node, ast.NamedExpr) and isinstance(node.target, ast.Name):
            defined.add(node.target.id)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in CONSTANTS:
            found[node.id] = None
    return [name for name in found if name not in defined]


def graph(text: str, numbers: Mapping[str, float]) -> Value:
    """The graph of an expression, with a labelled leaf for each name.

    Args:
        text: the expression.
        numbers: the number of each name.

    Raises:
        ExpressionError: it cannot be read, a name has no number or a number no name, or there is no result.
    """
    names = names_in(text)
    missing = [name for name in names if name not in numbers]
    if missing:
        raise ExpressionError(f"no value for {', '.join(missing)}: add {' '.join(f'{name}=1.0' for name in missing)}")
    unknown = [name for name in numbers if name not in names]
    if unknown:
        raise ExpressionError(f"no {', '.join(unknown)} in {text!r:.80}; its names: {', '.join(names) or 'none'}")
    result = evaluate(text, {name: Value(numbers[name], label=name) for name in names})
    return result if isinstance(result, Value) else Value(result)


def evaluate(text: str, names: Mapping[str, Value | float]) -> Value | float:
    """The value of an expression: a Value if a Value takes part in it, else a number.

    Args:
        text: the expression.
        names: what each name stands for.

    Raises:
        ExpressionError: it cannot be read, a name or function is unknown, or there is no result.
    """
    known: dict[str, Any] = {**CONSTANTS, **names}
    results: dict[ast.AST, Any] = {}
    for node, operands in _in_order(_parsed(text)):
        try:
            results[node] = _value(node, [results[operand] for operand in operands], known)
        except (TypeError, ValueError, ArithmeticError) as error:
            if isinstance(error, ExpressionError):
                raise
            raise ExpressionError(str(error)) from None
        result = results[node]
    if isinstance(result, list):
        raise ExpressionError("a list has no single value: sum([a, b]) has")
    return result  # type: ignore[no-any-return]  # the last node in order is the whole expression


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression of {len(text):,} characters is too long: at most {LONGEST:,}")
    source = " ".join(text.split())  # lines and indents mean nothing here
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a style such as "1if x", which is refused in our own words
            return ast.parse(source, mode="eval").body
    except (RecursionError, MemoryError):
        raise ExpressionError("the expression is nested too deeply") from None
    except (SyntaxError, ValueError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ExpressionError(f"this is not an expression: {source!r:.80} ({reason})") from None


def _in_order(root: ast.expr) -> list[tuple[ast.expr, list[ast.expr]]]:
    """The parts of an expression with their operands, operands first; refuses what is not one of ours."""
    reversed_order: list[tuple[ast.expr, list[ast.expr]]] = []
    stack = [root]
    while stack:
        node = stack.pop()
        operands = _operands(node)
        reversed_order.append((node, operands))
        stack += operands
    return reversed_order[::-1]


def _operands(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.Constant() | ast.Name():
            return []
        case ast.BinOp(op=op) if type(op) in BINARY:
            return [node.left, node.right]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            return [node.operand]
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            return [node.left, node.comparators[0]]
        case ast.Call(func=ast.Name()):
            return [*node.args, *[keyword.value for keyword in node.keywords]]
        case ast.List() | ast.Tuple():
            return node.elts
        case ast.NamedExpr(target=ast.Name()):
            return [node.value]
    raise _refusal(node)


def _refusal(node: ast.expr) -> ExpressionError:
    try:
        written = ast.unparse(node)
    except RecursionError:
        written = type(node).__name__
    return ExpressionError(
        f"{written[:60]!r} is not understood: there are numbers, names, + - * / ** % //, comparisons, "
        f"functions of the table and lists"
    )


def _value(node: ast.expr, operands: list[Any], known: dict[str, Any]) -> Any:
    match node:
        case ast.Constant(value=bool() | complex() | str() | bytes() | None):
            raise _refusal(node)
        case ast.Constant(value=number):
            return as_float(number)
        case ast.Name(id=name):
            if name not in known:
                raise ExpressionError(f"unknown name {name!r}; {did_you_mean(name, known)}")
            return known[name]
        case ast.BinOp(op=op):
            return _binary(BINARY[type(op)], *operands)
        case ast.UnaryOp(op=ast.USub()):
            (operand,) = operands
            return -operand
        case ast.Compare(ops=[op]):
            return call(OPERATIONS[COMPARISONS[type(op)]], operands, {})
        case ast.Call(func=ast.Name(id=name)):
            return _called(name, node, operands)
        case ast.List() | ast.Tuple():
            return operands
        case ast.NamedExpr(target=ast.Name(id=name)):
            (value,) = operands
            if isinstance(value, Value):
                value.label = name
            known[name] = value
            return value
    (operand,) = operands  # a plus sign
    return operand


def _binary(name: str, a: Any, b: Any) -> Any:
    if name == "pow" and isinstance(a, Value) and not isinstance(b, Value):
        return a**b  # a number as the exponent has no derivative
    return call(OPERATIONS[name], (a, b), {})


def _called(name: str, node: ast.Call, operands: list[Any]) -> Any:
    entry = OPERATIONS.get(ALIASES.get(name, name)) or next(
        (operation for operation in OPERATIONS.values() if name in operation.aliases), None
    )
    if entry is None:
        raise ExpressionError(f"unknown function {name!r}; {did_you_mean(name, [*OPERATIONS, *ALIASES])}")
    n_operands = len(node.args)
    constants = {}
    for keyword, value in zip(node.keywords, operands[n_operands:], strict=True):
        if keyword.arg is None or isinstance(value, Value):
            raise ExpressionError(f"{name} takes numbers as {keyword.arg or '**'}=…")
        constants[keyword.arg] = value
    return call(entry, operands[:n_operands], constants)
