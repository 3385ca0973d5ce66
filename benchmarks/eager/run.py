"""The suite of eager graphs: which workloads there are, and how each is measured."""

from collections.abc import Callable, Iterator

from benchmarks.eager import chain, digits, memory, moons, rosenbrock
from benchmarks.eager.import_time import IMPORTS, import_times
from benchmarks.peers import installed
from benchmarks.processes import agreeing_workers, output, times
from benchmarks.report import CLOCK_TIME, PROCESSOR_TIME, Measurement

PACKAGES = ("micrograd_bp", "micrograd", "xad")
REFERENCES = {"÷ ours": "micrograd_bp", "÷ unfused": "micrograd_bp unfused"}
WORKLOADS = {module.WORKLOAD.key: module for module in (moons, chain, rosenbrock, digits)}
KEYS = (*WORKLOADS, "memory", "import")


def run(keys: list[str], repeats: int, say: Callable[[str], None]) -> Iterator[Measurement]:
    """Measures what `keys` name.

    Raises:
        BenchmarkError: two contenders disagree, or a process ended.
    """
    for key in keys:
        say(f"{key} ...")
        if key == "memory":
            yield from _memory()
        elif key == "import":
            yield from _imports(repeats)
        else:
            yield from _workload(key, repeats)


def _workload(key: str, repeats: int) -> Iterator[Measurement]:
    module = WORKLOADS[key]
    workload = module.WORKLOAD
    with agreeing_workers(module.__name__, installed(workload.contenders)) as workers:
        for contender, seconds in times(workers, repeats).items():
            yield Measurement(key, workload.title, PROCESSOR_TIME, contender, [1e3 * each for each in seconds])


def _memory() -> Iterator[Measurement]:
    for contender in installed(memory.CONTENDERS):
        title = "per node after backward, binary operations"
        size = float(output("-m", memory.__name__, contender))
        yield Measurement("memory", title, "bytes", contender, [size])


def _imports(repeats: int) -> Iterator[Measurement]:
    for contender, seconds in import_times(installed(IMPORTS), 4 * repeats).items():
        title = "in a fresh process, beyond Python's own start"
        yield Measurement("import", title, CLOCK_TIME, contender, [1e3 * each for each in seconds])
