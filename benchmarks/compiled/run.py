"""The suite of compiled graphs: which workloads there are, in which sizes, and how each is measured."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from math import ceil
from types import ModuleType

from benchmarks.compiled import chain, digits, images, lstm, mixture, moons, rosenbrock
from benchmarks.peers import BY_HAND, installed
from benchmarks.processes import agreeing_workers, times
from benchmarks.report import PROCESSOR_TIME, Measurement

PACKAGES = ("micrograd_bp", "numpy", "jax", "torch", "casadi")
EAGER = "micrograd_bp eager"
REFERENCES = {"÷ by hand": BY_HAND, "÷ jax": "jax"}


@dataclass(frozen=True)
class Work:
    """A workload in one of its sizes.

    Attributes:
        module: the one that has the `WORKLOAD`.
        sizes: those of its problem.
        left_out: contenders that would take too long.
    """

    module: ModuleType
    sizes: dict[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


WORKS = {
    "W1": Work(moons),
    "W2": Work(chain),
    "W3": Work(rosenbrock),
    "W4-32": Work(digits, {"n": 32}),
    "W4-1797": Work(digits, {"n": 1797}),
    "W5-64": Work(images, {"n": 64}),
    "W5-1024": Work(images, {"n": 1024}, left_out=(EAGER,)),  # half a minute and gigabytes for each iteration
    "W6-lstm": Work(lstm),
    "W6-mixture": Work(mixture),
}
KEYS = tuple(WORKS)


def run(keys: list[str], repeats: int, say: Callable[[str], None]) -> Iterator[Measurement]:
    """Measures what `keys` name.

    Raises:
        BenchmarkError: two contenders disagree, or a process ended.
    """
    for key in keys:
        say(f"{key} ...")
        yield from _measured(key, WORKS[key], repeats)


def _measured(key: str, work: Work, repeats: int) -> Iterator[Measurement]:
    workload = work.module.WORKLOAD
    title = workload.title.format(**work.sizes)
    contenders = [each for each in installed(workload.contenders) if each not in work.left_out]
    with agreeing_workers(work.module.__name__, contenders, **work.sizes) as workers:
        preparations = {worker.contender: 1e3 * worker.preparation() for worker in workers}
        figures = {name: [1e3 * each for each in seconds] for name, seconds in times(workers, repeats).items()}
    measurements = [
        Measurement(key, title, PROCESSOR_TIME, name, figures[name], preparations[name]) for name in contenders
    ]
    eager = next((each for each in measurements if each.contender == EAGER), None)
    for each in measurements:
        yield each if eager is None else paid_off(each, eager)


def paid_off(measurement: Measurement, eager: Measurement) -> Measurement:
    """The measurement, with the number of iterations after which preparing has paid off."""
    saved = eager.median - measurement.median
    if not measurement.preparation or saved <= 0.0:
        return measurement
    return replace(measurement, paid_off=ceil(measurement.preparation / saved))
