"""Where a gradient comes from: the contributions that make it up, and the heaviest way from the output to it."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from micrograd_bp.engine import Value
from micrograd_bp.views.drawing.gradient_flow import Passage, passage
from micrograd_bp.views.steps.steps import Step


class Contributions:
    """The steps of a backward pass by the operand that receives them."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._to: dict[Value, list[Step]] = {}
        for step in steps:
            self._to.setdefault(step.operand, []).append(step)

    def to(self, value: Value) -> list[Step]:
        """Everything that is added to the gradient of `value`, in the order of the backward pass."""
        return self._to.get(value, [])

    def heaviest_path(self, value: Value) -> list[Step]:
        """The way from an output to `value`, at each value along the largest contribution.

        Where nothing arrives at all, along the largest upstream gradient, since that leads to where it was lost.
        """
        path: list[Step] = []
        while self.to(value):
            step = max(self.to(value), key=lambda each: (_weight(each.contribution), _weight(each.upstream_gradient)))
            path.append(step)
            value = step.node
        return path[::-1]


def _weight(number: float) -> float:
    """The magnitude of a number; nan is the first thing one wants to see."""
    return math.inf if math.isnan(number) else abs(number)


class Share(NamedTuple):
    """One contribution, and its part of all of them in magnitude; 0 where there is nothing to share."""

    step: Step
    part: float


def shares(steps: Sequence[Step]) -> list[Share]:
    """The contributions with their shares |c| / Σ|c|, the largest first."""
    largest = max((abs(step.contribution) for step in steps if math.isfinite(step.contribution)), default=0.0)
    # Scaled by the largest one, so that no sum overflows.
    parts = [abs(step.contribution) / largest if largest else 0.0 for step in steps]
    total = math.fsum(part for part in parts if math.isfinite(part))
    listed = [Share(step, part / total if total else 0.0) for step, part in zip(steps, parts, strict=True)]
    return sorted(listed, key=lambda each: -_weight(each.step.contribution))


def remark(node: Value) -> str:
    """What is wrong with the way through a node, in words; "" where nothing is."""
    if any(map(math.isnan, node.local_derivatives)):
        return "its derivative is nan"
    if any(map(math.isinf, node.local_derivatives)):
        return "its derivative is infinite"
    return {Passage.SATURATED: "saturated", Passage.OFF: "off"}.get(passage(node), "")
