"""What the gradient does in a graph: what each node receives, what each edge carries, and where it ends.

Reads nodes and never changes them.
"""

import math
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Protocol

from micrograd_bp.engine import Operation, Value
from micrograd_bp.engine.origin import Leaf

SATURATED_BELOW = 0.01
"""A unit that passes on less than this part of its gradient is saturated, where its function levels off."""


class GradientFlow(Protocol):
    """Where the numbers come from.

    Attributes:
        note: what to say of them all; "" for nothing.
    """

    note: str

    def gradient(self, node: Value) -> float | None:
        """d(output)/d(node); None if it is not known."""


class RecordedFlow:
    """The gradients that `backward` left on the nodes.

    Before it has run they are not known, rather than 0. That can be seen from the roots and the inner nodes, whose
    gradient is that of the latest pass.
    """

    def __init__(self, roots: Sequence[Value], order: Sequence[Value]) -> None:
        self.known = any(root.grad != 0.0 for root in roots) or any(
            node.operands and node.grad != 0.0 for node in order
        )
        self.note = ""
        if not self.known:
            if any(node.grad != 0.0 for node in order):
                self.note = "leaves hold the gradients of another graph"
        elif n_others := _n_with_others(roots, order):
            self.note = (
                f"leaves with gradients from elsewhere too: {n_others:,}. They add up, over graphs and passes, until "
                f"they are set to 0, as zero_grad does"
            )

    def gradient(self, node: Value) -> float | None:
        """The node's `grad`."""
        return node.grad if self.known else None


def _n_with_others(roots: Sequence[Value], order: Sequence[Value]) -> int:
    """How many leaves have a gradient that is not the sum of what the latest pass has sent them along these edges.

    Constants and inputs, which each forward pass makes anew, are not counted.
    """
    sent: dict[Value, list[float]] = {}
    for node in order:
        made_anew = node.origin is not None and node.origin.leaf in (Leaf.LIFTED, Leaf.INPUT)
        if not node.operands and not made_anew and node not in roots:
            sent[node] = []
    for node in order:
        for operand, local_derivative in zip(node.operands, node.local_derivatives, strict=True):
            if operand in sent:
                sent[operand].append(node.grad * local_derivative)
    count = 0
    for leaf, contributions in sent.items():
        scale = sum(map(abs, contributions))
        if leaf.grad != 0.0 and math.isfinite(scale) and math.isfinite(leaf.grad):
            count += abs(leaf.grad - sum(contributions)) > 1e-9 * max(scale, abs(leaf.grad))
    return count


class GivenFlow:
    """Gradients from somewhere else; nodes that are not listed have none that is known."""

    note = ""

    def __init__(self, gradients: Mapping[Value, float]) -> None:
        self.gradients = gradients

    def gradient(self, node: Value) -> float | None:
        """The listed gradient."""
        return self.gradients.get(node)


def contribution(upstream: float | None, local_derivative: float) -> float | None:
    """What an edge adds to its operand's gradient."""
    return None if upstream is None else upstream * local_derivative


class Passage(Enum):
    """How much of its gradient a node passes on to its operands."""

    OPEN = "open"
    SATURATED = "saturated"
    OFF = "off"


def passage(node: Value) -> Passage:
    """Whether a node is a dead end: a ReLU that is off, a tanh or a sigmoid that is saturated.

    Nothing here names an operation. A node is off where all its local derivatives are 0, though not by nature, as
    those of a comparison are. It is saturated where it passes on less than 1 % on a side on which its
    function levels off; x² near 0 passes little too, but does not level off.
    """
    operation = node.operation
    if operation is None or not node.operands:
        return Passage.OPEN
    passes_something = any(node.local_derivatives)
    if len(node.operands) == 1 and len(operation.operand_names) == 1 and not operation.many:
        steepness = abs(node.local_derivatives[0])
        if steepness < SATURATED_BELOW:
            side = far_side(operation, node.operands[0].data > 0.0)
            if side is Passage.SATURATED or (side is Passage.OFF and not passes_something):
                return side
        return Passage.OPEN
    derivatives = operation.trace.derivatives.values()  # a node that was made by hand has none
    if passes_something or (derivatives and all(formula.value == 0.0 for formula in derivatives)):
        return Passage.OPEN
    return Passage.OFF


@lru_cache(maxsize=4096)
def steepest(operation: Operation | None) -> float | None:
    """The largest slope of an activation: of what levels off on a side, and is nowhere steep, as tanh and ReLU.

    Returns:
        None for an operation that is none.
    """
    if operation is None or len(operation.operand_names) != 1 or operation.many:
        return None
    if all(far_side(operation, positive) is Passage.OPEN for positive in (False, True)):
        return None
    slopes = []
    for x in (-FAR_OUT, *(place / 4.0 for place in range(-16, 17)), FAR_OUT):
        try:
            slopes.append(abs(operation.derivatives([x], operation.result([x]))[0]))
        except (ValueError, ArithmeticError):  # outside its domain
            return None
    return max(slopes) if max(slopes) < STEEP else None


FAR_OUT, LEVEL, STEEP = 40.0, 1e-3, 10.0


@lru_cache(maxsize=4096)
def far_side(operation: Operation, positive: bool) -> Passage:
    """What an operation with one operand does far away from 0: goes on, levels off, or is off altogether."""
    if all(formula.value == 0.0 for formula in operation.trace.derivatives.values()):
        return Passage.OPEN
    sign = 1.0 if positive else -1.0
    try:
        near, far = (operation.derivatives([x], operation.result([x]))[0] for x in (sign, sign * FAR_OUT))
    except (ValueError, ArithmeticError):  # outside its domain
        return Passage.OPEN
    if near == 0.0 == far:
        return Passage.OFF
    return Passage.SATURATED if math.isfinite(far) and abs(far) < LEVEL else Passage.OPEN
