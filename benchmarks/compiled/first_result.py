"""The suite of first results: from a graph to its first value and gradient, cold and with machine code kept on disk.

Each takes place in a process of its own: `python -m benchmarks.compiled.first_result W1 jax`. The graph is given, as is
the function that JAX traces; nor does it count what it takes to import packages.
"""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.compiled.run import KEYS, WORKS
from benchmarks.peers import installed
from benchmarks.processes import ONE_THREAD, output
from benchmarks.report import PROCESSOR_TIME, Measurement

__all__ = ["KEYS", "PACKAGES", "REFERENCES", "run"]

PACKAGES = ("micrograd_bp", "numpy", "jax")
REFERENCES = {"÷ jax": "jax"}
TAKES_PART = re.compile("jax|micrograd_bp (compiled|native)( per point)?")


def run(keys: list[str], repeats: int, say: Callable[[str], None]) -> Iterator[Measurement]:
    """Measures what `keys` name.

    Raises:
        BenchmarkError: a process ended.
    """
    for key in keys:
        say(f"{key} ...")
        workload, sizes = WORKS[key].module.WORKLOAD, WORKS[key].sizes
        contenders = installed(filter(TAKES_PART.fullmatch, workload.contenders))
        figures: dict[str, list[float]] = {}
        for _ in range(repeats):
            for contender in contenders:
                with TemporaryDirectory() as folder:
                    environment = os.environ | ONE_THREAD | {"XDG_CACHE_HOME": folder}
                    for state in ("", ", from disk"):
                        if os.listdir(folder) or not state:
                            seconds = float(output("-m", __name__, key, contender, environment=environment))
                            figures.setdefault(contender + state, []).append(1e3 * seconds)
        for contender, times in figures.items():
            yield Measurement(key, workload.title.format(**sizes), PROCESSOR_TIME, contender, times)


def measured(key: str, contender: str) -> float:
    """The processor time from a graph, or a function that JAX is to trace, to the first result."""
    workload, sizes = WORKS[key].module.WORKLOAD, WORKS[key].sizes
    problem, starts = workload.problem(**sizes), []
    if contender == "jax":
        return float(workload.contenders[contender](problem).seconds)
    package = import_module("micrograd_bp")
    import_module("micrograd_bp.compiler.run.machine_code")
    compile = package.compile

    def timed(*arguments: Any, **options: Any) -> Any:
        starts.append(time.process_time())
        return compile(*arguments, **options)

    package.compile = timed  # type: ignore[attr-defined]  # contenders import it when they have built their graph
    workload.contenders[contender](problem)
    return time.process_time() - starts[0]


if __name__ == "__main__":
    print(measured(*sys.argv[1:]))
