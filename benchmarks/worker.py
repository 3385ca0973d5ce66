"""The process of one contender: `python -m benchmarks.worker`, started and asked by `processes.py`.

It reads one line of JSON for each request and answers with one. It imports nothing but what the contender needs, so
that no other package's objects make the garbage collector slower; the collector is as Python left it.
"""

import json
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from benchmarks.workload import Outcome, Prepared, Workload


def outcomes(prepared: Prepared, count: int) -> list[Outcome]:
    """What the first iterations give; they are the warm-up too."""
    return [prepared.outcome(prepared.run()) for _ in range(count)]


def preparation(prepared: Prepared, _: None) -> float:
    """The processor time that passed before there was a first result."""
    return prepared.seconds


def seconds(prepared: Prepared, at_least: float) -> list[float]:
    """The processor times of as many iterations as it takes to fill `at_least` seconds; one at least.

    Contenders only compute, on one thread: where nobody else computes, their processor time is the time on the clock,
    and where others do, it leaves out the waiting for a processor. An iteration's graph is gone when its function
    returns, so that an iteration pays for deleting it.
    """
    iteration = prepared.run
    times: list[float] = []
    end = time.process_time() + at_least
    while True:
        start = time.process_time()
        iteration()
        now = time.process_time()
        times.append(now - start)
        if now >= end:
            return times


def main() -> None:
    """Sets the contender up, then answers until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, and the parent ends its workers
    replies, sys.stdout = sys.stdout, sys.stderr  # what a contender prints is no reply
    module, contender, problem = json.loads(sys.stdin.readline())
    workload: Workload = import_module(module).WORKLOAD
    iteration = workload.contenders[contender](problem)
    prepared = iteration if isinstance(iteration, Prepared) else Prepared(iteration)
    answers: dict[str, Callable[..., Any]] = {"outcomes": outcomes, "preparation": preparation, "seconds": seconds}
    for line in sys.stdin:
        request, argument = json.loads(line)
        print(json.dumps(answers[request](prepared, argument)), file=replies, flush=True)


if __name__ == "__main__":
    main()
