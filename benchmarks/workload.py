"""What a workload is: one problem, and how each contender solves it.

It knows nothing of processes or tables.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Outcome = tuple[float, list[float]]
"""A value and its gradient."""

Iteration = Callable[[], Outcome]
"""What is timed. It may move parameters, as a training step does; all contenders then move them alike."""


@dataclass(frozen=True)
class Prepared:
    """An iteration that gives something else than an outcome, or that took a while to make.

    Attributes:
        run: what is timed.
        outcome: turns what `run` returns into an outcome. It is not timed.
        seconds: the processor time that it took to make `run` and to run it once.
    """

    run: Callable[[], Any]
    outcome: Callable[[Any], Outcome] = lambda result: result
    seconds: float = 0.0


def prepare(build: Callable[[], Callable[[], Any]], outcome: Callable[[Any], Outcome]) -> Prepared:
    """What `build` makes, after a first run, since what compiles may do so only then."""
    start = time.process_time()
    run = build()
    run()
    return Prepared(run, outcome, time.process_time() - start)


@dataclass(frozen=True)
class Workload:
    """One problem, and how each contender solves it.

    Attributes:
        key: the short name, such as W1.
        title: what the work is, in words.
        problem: makes the data, as plain numbers and lists. It runs once, and all contenders get the same.
        contenders: sets up an `Iteration`, or a `Prepared` one, from the problem, by the contender's name. The first is
            the reference that the others must agree with.
    """

    key: str
    title: str
    problem: Callable[..., Any]
    contenders: Mapping[str, Callable[[Any], Iteration | Prepared]]
