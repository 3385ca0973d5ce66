"""Whether a function computes something and lets it fall: read from its source."""

import ast
import inspect
import textwrap
from typing import Any


def drops(function: Any) -> bool:
    """Whether its last statement is an expression whose value goes nowhere, or nothing at all is done."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return False
    body = getattr(tree.body[0], "body", [])
    last = body[-1] if body else None
    if isinstance(last, ast.Expr):
        return not isinstance(last.value, ast.Constant)
    return bool(isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name))
