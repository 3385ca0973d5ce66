"""A small change of a line, as text."""

import ast
from typing import NamedTuple


class Edit(NamedTuple):
    """One change.

    Attributes:
        rank: how far-fetched it is.
        name: of what is wrong, for machines.
        says: the same for people.
        old: the part of their source that goes.
        new: what stands there instead, as text.
    """

    rank: float
    name: str
    says: str
    old: ast.AST
    new: str


SIGNS: dict[type, str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.MatMult: "@", ast.Pow: "**", ast.FloorDiv: "//",
    ast.Mod: "%", ast.Lt: "<", ast.Gt: ">", ast.LtE: "<=", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
AS_IT_WAS = "__as_it_was_to_micrograd_bp__"
"""What stands for the arrays as they were before a call, in the text of a change."""
Simple = (ast.Name, ast.Attribute, ast.Subscript)


def text(node: ast.AST) -> str:
    """As one would write it."""
    return ast.unparse(node)
