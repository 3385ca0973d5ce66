"""What one operation writes into a program: statements on local names, read off the trace of its rule.

The operands and the node itself are still open, so that a template serves every node of its kind.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd_bp.compiler.arrays.language import Array, array, call, constant, literal, rewritten, variable
from micrograd_bp.compiler.arrays.rules import Formulas, Functions, folded
from micrograd_bp.compiler.straight_line.writing import Statements
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.operation import Operation


class Template(NamedTuple):
    """The statements of one node, on lines of their own.

    Attributes:
        forward: the statements that give the node.
        backward: the statements that the contributions need first.
        contributions: for each operand a line with upstream gradient times local derivative; an empty one where nobody
            wants it or where the rule says that it is 0.
        functions: the names of the functions that are called.
    """

    forward: str
    backward: str
    contributions: str
    functions: set[str]

    def fill_in(self, text: str, node: str, upstream: str, operands: Sequence[str]) -> list[str]:
        """The lines of one of these texts, with names."""
        return text.format(node, upstream, *operands).split("\n") if text else []


def template(
    operation: Operation, wanted: Sequence[bool], constants: Sequence[float | None], *, upstream_is_one: bool = False
) -> Template:
    """What a node of `operation` writes.

    Args:
        operation: with its constants bound.
        wanted: for each operand, whether its gradient is asked for.
        constants: for each operand the number to be written in its place, or None.
        upstream_is_one: whether the upstream gradient is the 1 that the backward pass starts from.
    """
    operands = [
        variable(f"{{{place}}}") if number is None else constant(np.array(number))
        for place, number in enumerate(constants, start=2)
    ]
    upstream = literal(1.0) if upstream_is_one else variable("{1}")
    result, products = result_and_contributions(operation, operands, wanted, upstream, _Lines())
    in_forward = {node for node in topological_order(result) if node.operands}
    roots = list(products.values())
    in_backward = topological_order(*roots, leave_out={id(node) for node in in_forward})
    used_again = {*roots, *(operand for node in in_backward for operand in node.operands)}
    forward = Statements([result], named=used_again & in_forward)
    forward.assign(result)
    backward = Statements(roots, after=forward)
    contributions = {place: backward.text(product) for place, product in products.items()}
    return Template(
        forward="\n".join(forward.lines),
        backward="\n".join(backward.lines),
        contributions="\n".join([contributions.get(place, "") for place in range(len(operands))]),
        functions=forward.functions | backward.functions,
    )


class _Lines(Functions):
    """Functions of numbers as Python writes them: a sum has any number of terms, and `logsumexp` takes a tuple."""

    def sum(self, x: Sequence[Array]) -> Array:
        return array("terms", x) if len(x) > 1 else super().sum(x)

    def logsumexp(self, x: Sequence[Array]) -> Array:
        return array("logsumexp", x)


def result_and_contributions(
    operation: Operation, operands: Sequence[Array], wanted: Sequence[bool], upstream: Array, functions: Functions
) -> tuple[Array, dict[int, Array]]:
    """The result of an operation on numbers, and upstream gradient times derivative along each operand.

    Args:
        operation: with its constants bound.
        operands: the numbers, member by member.
        wanted: for each of them whether its gradient is asked for.
        upstream: the upstream gradient.
        functions: what to compute with.

    Returns:
        The result, and what comes to the gradient of each operand by its number, but for those whose derivative is 0.
    """
    trace = operation.trace
    arranged = operation.arranged(operands)
    formulas = Formulas(operation, arranged, functions)
    derivatives: list[Any] = [
        formulas[trace.derivatives[name]] if _any(each) else literal(0.0)
        for name, each in zip(operation.operand_names, operation.arranged(wanted), strict=True)
    ]
    # What stands for the result in a derivative is the object that stands for the result here.
    result, *flat = rewritten([formulas[trace.result], *operation.laid_out(derivatives, arranged)], folded)
    products = {
        place: call("multiply", upstream, derivative)
        for place, (derivative, is_wanted) in enumerate(zip(flat, wanted, strict=True))
        if is_wanted and not derivative.is_literal(0.0)
    }
    return result, products


def _any(wanted: Any) -> bool:
    return any(wanted) if isinstance(wanted, tuple) else bool(wanted)
