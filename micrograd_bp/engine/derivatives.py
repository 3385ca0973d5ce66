"""Derivatives that touch nobody's `grad`: as numbers, and as graphs that can be differentiated again.

The graph of a derivative is made of the same operations as any other: each rule has been traced on symbols, and a local
derivative as a graph is that trace with Values in place of the symbols. Derivative graphs follow IEEE arithmetic.
"""

import operator
import re
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Literal, overload

from micrograd_bp.engine.graph import topological_order
from micrograd_bp.engine.numbers.formulas import evaluate
from micrograd_bp.engine.numbers.notation import SUPERSCRIPTS
from micrograd_bp.engine.operations import dot
from micrograd_bp.engine.operations import sum as sum_of
from micrograd_bp.engine.origin import recording
from micrograd_bp.engine.table import OPERATIONS, call_written
from micrograd_bp.engine.value import Value, ieee_arithmetic

Term = Value | float
"""A part of a derivative graph: a node, or a number that a rule has written."""


@overload
def gradients(output: Value, inputs: Sequence[Value], *, create_graph: Literal[False] = False) -> list[float]: ...
@overload
def gradients(output: Value, inputs: Sequence[Value], *, create_graph: Literal[True]) -> list[Value]: ...
def gradients(output: Value, inputs: Sequence[Value], *, create_graph: bool = False) -> list[float] | list[Value]:
    """d(output)/d(input) for each of `inputs`.

    Args:
        output: what to differentiate.
        inputs: leaves or inner nodes. One that `output` does not depend on gives 0.
        create_graph: whether the derivatives are Values, to be drawn, stepped through, and differentiated again.
            They are computed from the numbers that the values hold now; the numbers that come without a graph are
            those of the forward pass. The two differ where somebody has changed `.data` since.

    Returns:
        Numbers, or Values where a graph was asked for. A derivative that is a node of the graph already, as d(w·x)/dx
        is w, is that node.

    Raises:
        TypeError: `output` is not a Value, or `inputs` no list of them.
    """
    if not isinstance(output, Value):
        hint = ": the gradient of a function is gradient(f)" if callable(output) else ""
        raise TypeError(f"gradients differentiates a Value, got {type(output).__name__}{hint}")
    if isinstance(inputs, Value):
        raise TypeError("gradients takes a list of inputs; along a single one it is gradients(output, [x])")
    if create_graph:
        with ieee_arithmetic(), recording():
            return _gradient_graphs(output, inputs)
    received = upstream_gradients([output], topological_order(output))
    return [received.get(value, 0.0) for value in inputs]


def upstream_gradients(
    outputs: Sequence[Value], order: Sequence[Value], given: Sequence[float] | None = None
) -> dict[Value, float]:
    """d(Σ outputs)/d(node) for each node, as `backward` computes it, without writing a `grad`.

    Args:
        outputs: what to differentiate.
        order: the nodes below them, in topological order.
        given: the upstream gradient of each output; 1.0 for each if not given.
    """
    gradients = dict.fromkeys(order, 0.0)
    for output, gradient in zip(outputs, given or [1.0] * len(outputs), strict=True):
        gradients[output] += gradient
    for node in reversed(order):
        upstream = gradients[node]
        for operand, local_derivative in zip(node.operands, node.local_derivatives, strict=True):
            gradients[operand] += upstream * local_derivative
    return gradients


def tangents(outputs: Sequence[Value], inputs: Mapping[Value, float]) -> list[float]:
    """How fast `outputs` change when each of `inputs` moves at its speed: one sweep forwards.

    Args:
        outputs: what to differentiate.
        inputs: the speed of each input; everything else stands still.
    """
    speeds: dict[Value, float] = {}
    for node in topological_order(*outputs):
        if node in inputs:
            speeds[node] = inputs[node]
            continue
        speed = 0.0
        for operand, local_derivative in zip(node.operands, node.local_derivatives, strict=True):
            # What stands still contributes nothing, even where a derivative is infinite.
            if speeds[operand] != 0.0:
                speed += local_derivative * speeds[operand]
        speeds[node] = speed
    return [speeds[output] for output in outputs]


def tangent_graphs(outputs: Sequence[Value], inputs: Mapping[Value, Term]) -> list[Value]:
    """As `tangents`, with Values that can be differentiated again; the speeds may be Values too."""
    speeds: dict[Value, Term] = dict(inputs)
    with ieee_arithmetic(), recording():
        for node in topological_order(*outputs):
            if node not in speeds and any(operand in speeds for operand in node.operands):
                products = zip(node.operands, local_derivatives(node, speeds), strict=True)
                speeds[node] = _total([(speeds[operand], slope) for operand, slope in products if operand in speeds])
        return [_as_value(speeds.get(output, 0.0)) for output in outputs]


def _gradient_graphs(output: Value, inputs: Sequence[Value]) -> list[Value]:
    order = topological_order(output)
    there_before = set(order)
    moved = set(inputs)  # what depends on an input; nothing else needs a derivative
    for node in order:
        if any(operand in moved for operand in node.operands):
            moved.add(node)
    contributions: dict[Value, list[tuple[Term, Term]]] = {node: [] for node in order}
    contributions[output] = [(1.0, 1.0)]
    totals: dict[Value, Term] = {}
    for node in reversed(order):
        if node not in moved:
            continue
        totals[node] = upstream = _total(contributions.pop(node))
        if isinstance(upstream, Value) and node.label and upstream not in there_before and not upstream.label:
            upstream.label = derivative_label(output.label or "y", node.label)
        if _is_written(upstream, 0.0):
            continue
        for operand, local_derivative in zip(node.operands, local_derivatives(node, moved), strict=True):
            if operand in moved:
                contributions[operand].append((upstream, local_derivative))
    return [_as_value(totals.get(value, 0.0)) for value in inputs]


def local_derivatives(node: Value, wanted: Container[Value] | None = None) -> list[Term]:
    """d(node)/d(operand) for each operand, as Values, or as numbers where the rule has written one.

    Where a derivative mentions the result, it uses the node itself.

    Args:
        node: a result.
        wanted: the operands whose derivatives are needed; those of others may be left at 0.
    """
    operation = node.operation
    if operation is None or not operation.operand_names:
        return list(node.local_derivatives)
    arranged = operation.arranged(node.operands)
    environment = operation.environment(arranged)
    environment[operation.trace.result] = node
    names = [
        name
        for name, operand in zip(operation.operand_names, arranged, strict=True)
        if wanted is None or any(each in wanted for each in (operand if isinstance(operand, tuple) else (operand,)))
    ]
    found = evaluate([operation.trace.derivatives[name] for name in names], environment, value_namespace)
    by_name = dict(zip(names, found, strict=True))
    return list(operation.laid_out([by_name.get(name, 0.0) for name in operation.operand_names], arranged))


class _Values:
    """The namespace of Values: what a rule, or the trace of it, runs on to become a graph."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in OPERATIONS:
            raise LookupError(
                f"{name} is known as a number only, so that it has no derivative: to differentiate further, make an "
                f'operation of it, by @external("{name}") or @operation("{name}")'
            )
        return lambda *operands: call_written(OPERATIONS[name], operands)

    @staticmethod
    def pow(a: Term, b: Term) -> Term:
        # An exponent that is a number is bound, and so part of the formula.
        if _is_written(b, 0.0):
            return 1.0
        if _is_written(b, 1.0):
            return a
        power: Term = operator.pow(a, b)  # which knows an exponent that has no derivative
        return power


value_namespace = _Values()


def _total(contributions: list[tuple[Term, Term]]) -> Term:
    """The sum of upstream gradients times local derivatives: at most one product and one sum, as a `dot`.

    Only numbers that rules have written are simplified away, never one that happens to be 0 or 1.
    """
    written = 0.0
    products: list[tuple[Term, Term]] = []
    for upstream, local_derivative in contributions:
        if not isinstance(upstream, Value) and not isinstance(local_derivative, Value):
            written += upstream * local_derivative
        elif not (_is_written(upstream, 0.0) or _is_written(local_derivative, 0.0)):
            products.append((upstream, local_derivative))
    if not products:
        return written
    if len(products) == 1 and written == 0.0:
        return _product(*products[0])
    upstreams: list[Term] = [upstream for upstream, _ in products]
    if all(_is_written(local_derivative, 1.0) for _, local_derivative in products):
        return sum_of([*upstreams, written] if written else upstreams)
    derivatives: list[Term] = [local_derivative for _, local_derivative in products]
    return dot(upstreams, derivatives, written) if written else dot(upstreams, derivatives)


def _product(upstream: Term, local_derivative: Term) -> Term:
    if _is_written(upstream, 1.0):
        return local_derivative
    if _is_written(local_derivative, 1.0):
        return upstream
    return upstream * local_derivative


def _is_written(term: Term, number: float) -> bool:
    """Whether a term is this number because a rule says so, and not a node that happens to hold it."""
    return not isinstance(term, Value) and term == number


def _as_value(term: Term) -> Value:
    return term if isinstance(term, Value) else Value(term)


def derivative_label(of: str, by: str) -> str:
    """What a derivative is called: ∂y/∂x of y by x, ∂²y/∂x² of ∂y/∂x by x, ∂²y/∂x∂w of ∂y/∂x by w."""
    parts = re.fullmatch(r"∂([⁰¹²³⁴⁵⁶⁷⁸⁹]*)([^/]+)/(∂.+)", of)
    if parts is None:
        return f"∂{of}/∂{by}"
    order, numerator, denominator = parts.groups()
    last = re.fullmatch(rf"(.*∂{re.escape(by)})([⁰¹²³⁴⁵⁶⁷⁸⁹]*)", denominator)
    denominator = last[1] + _one_more(last[2]) if last else f"{denominator}∂{by}"
    return f"∂{_one_more(order)}{numerator}/{denominator}"


def _one_more(superscript: str) -> str:
    digits = superscript.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")) or "1"
    return str(int(digits) + 1).translate(SUPERSCRIPTS)
