"""What a workload is: one problem, and how each contender solves it.

It knows nothing of processes, clocks or tables.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Outcome = tuple[float, list[float]]
"""A value and its gradient."""

Iteration = Callable[[], Outcome]
"""What is timed. It may move parameters, as a training step does; all contenders then move them alike."""


@dataclass(frozen=True)
class Workload:
    """One problem, and how each contender solves it.

    Attributes:
        key: the short name, such as W1.
        title: what the work is, in words.
        problem: makes the data, as plain numbers and lists. It runs once, and all contenders get the same.
        contenders: sets up an `Iteration` from the problem, by the contender's name. The first is the reference that
            the others must agree with.
    """

    key: str
    title: str
    problem: Callable[[], Any]
    contenders: Mapping[str, Callable[[Any], Iteration]]
