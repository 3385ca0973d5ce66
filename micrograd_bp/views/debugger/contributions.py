"""What a gradient is made up of: the contributions that each value received, and the paths along which they came."""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from micrograd_bp.engine import Value
from micrograd_bp.views.explain.path_sums import PathSums
from micrograd_bp.views.steps.step import Step
from micrograd_bp.views.steps.steps import Recording


class Contributions:
    """The steps of a backward pass by the operand that receives them."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._to: dict[Value, list[Step]] = {}
        for step in recording.steps:
            self._to.setdefault(step.operand, []).append(step)

    def to(self, value: Value) -> list[Step]:
        """Everything that is added to the gradient of `value`, in the order of the backward pass."""
        return self._to.get(value, [])

    @cached_property
    def paths(self) -> PathSums:
        """The paths from the outputs to every value."""
        return PathSums(self._recording.graph)


class Share(NamedTuple):
    """One contribution, and its part of all of them in magnitude; 0 for inf and nan, of which there are no parts."""

    step: Step
    part: float


def shares(steps: Sequence[Step]) -> list[Share]:
    """The contributions with their shares |c| / Σ|c|, the largest first."""
    largest = max((abs(step.contribution) for step in steps if math.isfinite(step.contribution)), default=0.0)
    # Scaled by the largest one, so that no sum overflows.
    finite = [abs(step.contribution) if math.isfinite(step.contribution) else 0.0 for step in steps]
    parts = [each / largest if largest else 0.0 for each in finite]
    total = math.fsum(parts)
    listed = [Share(step, part / total if total else 0.0) for step, part in zip(steps, parts, strict=True)]
    return sorted(listed, key=lambda each: -_weight(each.step.contribution))


def _weight(number: float) -> float:
    """The magnitude of a number; nan is the first thing one wants to see."""
    return math.inf if math.isnan(number) else abs(number)
