"""What one operation writes into a program: statements on local names, read off the trace of its rule.

The operands and the node itself are still open, so that a template serves every node of its kind.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from micrograd_bp.compiler.straight_line.simplification import is_written, product, simplified
from micrograd_bp.compiler.straight_line.writing import Statements
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.floats import is_primitive
from micrograd_bp.engine.numbers.formulas import Formula, as_formula, call, evaluate
from micrograd_bp.engine.numbers.namespace import Namespace
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
    operands = [Formula(name=f"{{{place}}}", value=constant) for place, constant in enumerate(constants, start=2)]
    result, *derivatives = result_and_derivatives(operation, operands, wanted, Primitives())
    upstream = Formula(value=1.0) if upstream_is_one else Formula(name="{1}")
    products = {
        place: product(upstream, derivative)
        for place, derivative in enumerate(derivatives)
        if wanted[place] and not is_written(derivative, 0.0)
    }

    in_forward = {id(formula) for formula in topological_order(result) if formula.operation is not None}
    roots = list(products.values())
    in_backward = topological_order(*roots, leave_out=in_forward)
    used_again = {id(each) for each in roots} | {id(each) for formula in in_backward for each in formula.operands}
    forward = Statements([result], named=used_again & in_forward)
    forward.assign(result)
    backward = Statements(roots, after=forward)
    contributions = {place: backward.text(each) for place, each in products.items()}
    return Template(
        forward="\n".join(forward.lines),
        backward="\n".join(backward.lines),
        contributions="\n".join([contributions.get(place, "") for place in range(len(operands))]),
        functions=forward.functions | backward.functions,
    )


class Primitives(Namespace):
    """Formulas of the functions that numbers come with; any other operation is written out by its own rule."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return partial(call, name) if is_primitive(name) else super().__getattr__(name)


def result_and_derivatives(
    operation: Operation, operands: Sequence[Formula], wanted: Sequence[bool], xp: Namespace
) -> list[Formula]:
    """The result of an operation on these operands, and its derivative along each of them; 0 where nobody wants it."""
    trace = operation.trace
    arranged = operation.arranged(operands)
    environment: dict[Formula, Any] = dict(zip(trace.symbols.values(), arranged, strict=True))
    environment |= {symbol: Formula(value=operation.constants[name]) for name, symbol in trace.constants.items()}
    names = [
        name
        for name, each in zip(operation.operand_names, operation.arranged(wanted), strict=True)
        if (any(each) if isinstance(each, tuple) else each)
    ]
    formulas = [trace.result, *(trace.derivatives[name] for name in names)]
    # What stands for the result in a derivative is the object that stands for the result here.
    result, *found = evaluate(formulas, environment, xp, literal=as_formula)
    by_name = dict(zip(names, found, strict=True))
    nothing = Formula(value=0.0)
    derivatives = [by_name.get(name, nothing) for name in operation.operand_names]
    return simplified([result, *operation.laid_out(derivatives, arranged)])
