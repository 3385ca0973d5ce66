"""What can be read off the source of a program: the products of matrices that it takes, and its statements."""

import ast
from collections.abc import Iterator
from typing import NamedTuple


class Products(NamedTuple):
    """How many products of matrices a program takes: in the loss and its gradient, and in a prediction."""

    training: int
    prediction: int


def products(source: str) -> Products:
    """Counts the products in a program's two functions; helpers that they call are counted where they are called."""
    functions = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}

    def count(name: str) -> int:
        found = 0
        for node in ast.walk(functions[name]):
            # A vector times itself is a sum of squares, and no product of matrices.
            found += (
                isinstance(node, ast.BinOp)
                and isinstance(node.op, ast.MatMult)
                and ast.unparse(node.left) != ast.unparse(node.right)
            )
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called.split(".")[-1] not in ("matmul", "einsum", "tensordot", "inner", "vdot", "dot")
                found += count(called) if called in functions else 0
        return found

    return Products(count("value_and_gradient"), count("predict") if "predict" in functions else 0)


def statements(source: str) -> Iterator[str]:
    """The statements of a program as Python writes them, without comments and docstrings."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return)):
            yield ast.unparse(node)


def up_to_names(source: str) -> str:
    """The program with its variables numbered as they come, so that only what it computes is left."""
    tree = ast.parse(source)
    numbered: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.Module)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = numbered.setdefault(node.id, f"v{len(numbered)}")
        elif isinstance(node, ast.arg):
            node.arg = numbered.setdefault(node.arg, f"v{len(numbered)}")
    return ast.unparse(tree)
