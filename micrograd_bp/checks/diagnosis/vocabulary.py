"""The words of somebody's code: what they write elsewhere, and may have meant where they are wrong."""

import ast
from collections.abc import Mapping, Sequence
from types import FunctionType
from typing import NamedTuple

import numpy as np

from micrograd_bp.checks.claims import Claim
from micrograd_bp.checks.diagnosis.rewriting import Rewritten


class Vocabulary(NamedTuple):
    """What they write elsewhere, and may be meant here.

    Attributes:
        functions: of one argument: `sigmoid`, `np.exp`.
        words: keys of dictionaries, names of modes.
        stepped: attributes that take their own step in backward, and what the arrays are called.
    """

    functions: Sequence[str]
    words: Sequence[str]
    stepped: Mapping[str, str]


def vocabulary_of(backward: Sequence[Rewritten], forward: Sequence[Rewritten], claim: Claim) -> Vocabulary:
    """What the functions that run say."""
    functions = dict.fromkeys(["np.exp", "np.sqrt", "np.square", "np.sign", "np.tanh"])
    words: dict[str, None] = {}
    for each in [*backward, *forward]:
        for node in ast.walk(each.node):
            if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
                name = ast.unparse(node.func)
                known = each.function.__globals__.get(name)
                if (name.startswith(("np.", "self.")) and name.count(".") == 1) or isinstance(known, FunctionType):
                    functions.setdefault(name)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 20:
                words.setdefault(node.value)
        arguments = getattr(each.node, "args", None)
        if isinstance(each.node, ast.FunctionDef) and arguments is not None and each in forward:
            names = [argument.arg for argument in arguments.args]
            if len(names) == 1 + (names[:1] == ["self"]):
                functions.setdefault(("self." if names[0] == "self" else "") + each.node.name)
    moved = [name for name, array in claim.after.items() if not np.array_equal(array, claim.arrays[name])]
    return Vocabulary(list(functions), list(words), {f"self.{name}": name for name in moved})
