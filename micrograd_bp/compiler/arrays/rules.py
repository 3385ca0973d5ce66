"""Traces of rules as arrays: with the members of a group along the last axis, or as a list of single numbers."""

from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Any

import numpy as np

from micrograd_bp.compiler.arrays.gradient import stated
from micrograd_bp.compiler.arrays.language import (
    Array,
    call,
    finite_or_zero,
    literal,
    total,
    variable,
)
from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.floats import is_primitive
from micrograd_bp.engine.numbers.formulas import OPERATORS, Formula
from micrograd_bp.engine.operation import Operation
from micrograd_bp.engine.table import OPERATIONS, bind


class Functions:
    """Every operation of the table, on arrays; one that is not primitive is written out by its own rule."""

    def __getattr__(self, name: str) -> Callable[..., Array]:
        if name in OPERATORS or is_primitive(name):
            return lambda *operands: call(name, *operands)

        def traced(*operands: Any) -> Array:
            operation = bind(OPERATIONS[name], {}, len(operands))
            result: Array = Formulas(operation, operands, self)[operation.trace.result]
            return result

        return traced

    def sum(self, x: Any) -> Array:
        """Σ xᵢ."""
        if isinstance(x, Array):
            return total(x, [len(x.shape) - 1])
        return reduce(partial(call, "add"), x, literal(0.0))

    def dot(self, w: Any, x: Any) -> Array:
        """Σ wᵢxᵢ."""
        if isinstance(w, Array) and isinstance(x, Array):
            return self.sum(call("multiply", w, x))
        return self.sum([call("multiply", a, b) for a, b in zip(w, x, strict=True)])

    def logsumexp(self, x: Any) -> Array:
        """The logarithm of Σ exp(xᵢ), with the largest xᵢ subtracted first, so that nothing overflows."""
        terms: Any
        if isinstance(x, Array):
            shift = call("finite", total(x, [len(x.shape) - 1], "max"))  # since inf - inf would be nan
            terms = call("exp", call("subtract", x, shift))
        else:
            shift = finite_or_zero(reduce(partial(call, "maximum"), x))
            terms = [call("exp", call("subtract", member, shift)) for member in x]
        return call("add", shift, call("log", self.sum(terms)))


class Formulas:
    """What the formulas of a trace have become, each made once: an array, or for an indexed one a list of them."""

    def __init__(self, operation: Operation, operands: Sequence[Any], functions: Functions) -> None:
        """Starts from the operation's operands and constants."""
        trace = operation.trace
        self._functions = functions
        self.known: dict[int, Any] = {
            id(symbol): operand for symbol, operand in zip(trace.symbols.values(), operands, strict=True)
        }
        for name, symbol in trace.constants.items():  # those that were left at what they are by default
            self.known[id(symbol)] = literal(operation.constants[name])

    def __getitem__(self, formula: Formula) -> Any:
        """What a formula has become."""
        for node in topological_order(formula, leave_out=self.known):
            operands = [self.known[id(operand)] for operand in node.operands]
            if node.operation is None:
                assert node.value is not None
                self.known[id(node)] = literal(node.value)
            elif node.operation == "members":
                self.known[id(node)] = operands[0] if node.operands[0].indexed else operands
            else:
                self.known[id(node)] = self._applied(node, operands)
        return self.known[id(formula)]

    def _applied(self, node: Formula, operands: list[Any]) -> Any:
        function = getattr(self._functions, str(node.operation))
        lists = [x for x, operand in zip(operands, node.operands, strict=True) if operand.indexed and not _is_array(x)]
        if not node.indexed or not lists:
            return function(*operands)
        rows = zip(*[[x] * len(lists[0]) if _is_array(x) else x for x in operands], strict=True)
        return [function(*row) for row in rows]


def _is_array(x: Any) -> bool:
    return isinstance(x, Array)


def result_and_contributions(
    operation: Operation, operands: Sequence[Array], wanted: Sequence[bool], upstream: Array, functions: Functions
) -> tuple[Array, dict[Array, Array]]:
    """The result of an operation on numbers, and upstream gradient times derivative along each operand.

    Args:
        operation: with its constants bound.
        operands: the numbers, member by member; what is an operand twice stands there twice.
        wanted: for each of them whether its gradient is asked for.
        upstream: the upstream gradient.
        functions: what to compute with.

    Returns:
        The result, and what comes to the gradients of operands that are wanted, but for those whose derivative is 0.
    """
    trace, arranged = operation.trace, operation.arranged(operands)
    formulas = Formulas(operation, arranged, functions)
    derivatives = [
        formulas[trace.derivatives[name]] if np.any(is_wanted) else literal(0.0)
        for name, is_wanted in zip(operation.operand_names, operation.arranged(wanted), strict=True)
    ]
    slopes = zip(operands, operation.laid_out(derivatives, arranged), wanted, strict=True)
    along = [(x, slope) for x, slope, is_wanted in slopes if is_wanted]
    contributions: dict[Array, Array] = {}
    for x, contribution in stated(along, upstream):
        contributions[x] = call("add", contributions[x], contribution) if x in contributions else contribution
    return formulas[trace.result], contributions


def named_operands(operands: Sequence[int], name: str, start: int = 0) -> list[Array]:
    """A variable for each operand, with its number put into `name`; where two are the same, that of the first."""
    return [variable(name.format(start + number)) for number in firsts(operands) or range(len(operands))]


def firsts(operands: Sequence[int]) -> tuple[int, ...]:
    """For each operand the number of the first that is the same; () where all differ."""
    return tuple(map(operands.index, operands)) if len(set(operands)) < len(operands) else ()
