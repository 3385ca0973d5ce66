"""A process for each contender, asked in turn, so that the drift of a noisy machine hits all of them alike."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.workload import Outcome, Workload

ROOT = Path(__file__).resolve().parent.parent
CHECKED_ITERATIONS = 3  # the first ones, in which parameters move
TURN_SECONDS = 1.0  # how long a contender's turn lasts, unless one iteration takes longer

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NPROC": "1",  # JAX reads this one
}
"""Variables of the environment that array libraries read when they are imported."""


class BenchmarkError(Exception):
    """The benchmark cannot go on; its message is for the person who started it."""


class Worker:
    """A process that runs one contender of a workload."""

    def __init__(self, module: str, contender: str, problem: Any) -> None:
        self.contender = contender
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=ROOT,
            env=os.environ | ONE_THREAD,
        )
        self._send([module, contender, problem])

    def outcomes(self, count: int) -> list[Outcome]:
        """The values and gradients of the first `count` iterations."""
        return [(value, gradient) for value, gradient in self._ask("outcomes", count)]

    def preparation(self) -> float:
        """The seconds that it took to prepare the iteration, its first run included; 0 where nothing was compiled."""
        return float(self._ask("preparation", None))

    def seconds(self, at_least: float) -> list[float]:
        """The times of the iterations of one turn."""
        return [float(each) for each in self._ask("seconds", at_least)]

    def _send(self, message: Any) -> None:
        assert self._process.stdin is not None
        try:
            print(json.dumps(message), file=self._process.stdin, flush=True)
        except OSError:
            self._died()

    def _ask(self, request: str, argument: float | None) -> Any:
        self._send([request, argument])
        assert self._process.stdout is not None
        reply = self._process.stdout.readline()
        if not reply:
            self._died()
        return json.loads(reply)

    def _died(self) -> None:
        raise BenchmarkError(f"the process of {self.contender} ended with exit code {self._process.wait()}; see above")

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()


@contextmanager
def agreeing_workers(module: str, contenders: Sequence[str], **sizes: int) -> Iterator[list[Worker]]:
    """A warm process for each contender of a workload, after all of them gave the same values and gradients.

    Args:
        module: the one that has the `WORKLOAD`.
        contenders: those who take part.
        sizes: those of the problem that are not as usual.

    Raises:
        BenchmarkError: they disagree, or a process ended.
    """
    workload: Workload = import_module(module).WORKLOAD
    problem = workload.problem(**sizes)
    with ExitStack() as stack:
        workers: list[Worker] = []
        reference: list[Outcome] = []
        for contender in contenders:
            worker = stack.enter_context(Worker(module, contender, problem))
            outcomes = worker.outcomes(CHECKED_ITERATIONS)
            reference = reference or outcomes
            check_agreement(workload.key, contenders[0], reference, contender, outcomes)
            workers.append(worker)
        yield workers


def check_agreement(
    workload: str, reference_name: str, reference: Sequence[Outcome], name: str, outcomes: Sequence[Outcome]
) -> None:
    """Compares the first iterations of two contenders.

    Raises:
        BenchmarkError: a value or an entry of a gradient differs by more than rounding, or is nan.
    """
    for count, ((value, gradient), (other_value, other_gradient)) in enumerate(
        zip(reference, outcomes, strict=True), start=1
    ):
        if len(gradient) != len(other_gradient):
            raise BenchmarkError(
                f"{workload}: {reference_name} has {len(gradient)} gradients, {name} has {len(other_gradient)}"
            )
        # Where terms cancel, rounding is relative to the terms, not to what is left of them.
        rounding = 1e-14 * max(map(abs, gradient), default=0.0)
        pairs = [("the value", value, other_value)]
        pairs += [
            (f"gradient {place}", a, b) for place, (a, b) in enumerate(zip(gradient, other_gradient, strict=True))
        ]
        for what, a, b in pairs:
            if not math.isclose(a, b, rel_tol=1e-8, abs_tol=rounding):
                raise BenchmarkError(
                    f"{workload}: {what} disagrees in iteration {count}: {reference_name} {a!r}, {name} {b!r}"
                )


def times(workers: Sequence[Worker], rounds: int) -> dict[str, list[float]]:
    """The seconds of each contender's iterations. In each round every contender has one turn."""
    measured: dict[str, list[float]] = {worker.contender: [] for worker in workers}
    for _ in range(rounds):
        for worker in workers:
            measured[worker.contender] += worker.seconds(TURN_SECONDS)
    return measured


def output(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """What a fresh Python process prints.

    Raises:
        BenchmarkError: it failed.
    """
    ended = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if ended.returncode:
        raise BenchmarkError(f"python {' '.join(arguments)} ended with exit code {ended.returncode}; see above")
    return ended.stdout
