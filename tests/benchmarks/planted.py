"""A workload with a wrong derivative in it, and a contender that fails."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # where `benchmarks` is; it is no part of the installed package

from benchmarks.workload import Iteration, Workload


def right(x: float) -> Iteration:
    return lambda: (x * x, [1.0, 2.0 * x])


def wrong(x: float) -> Iteration:
    return lambda: (x * x, [1.0, 3.0 * x])


def failing(x: float) -> Iteration:
    raise ZeroDivisionError("on purpose")


WORKLOAD = Workload(
    "W1", "x²", lambda: 2.0, {"micrograd_bp": right, "micrograd_bp wrong": wrong, "micrograd_bp failing": failing}
)
