"""How long an import takes: a fresh process that imports a package, less one that does nothing."""

import os
import tempfile
import time
from collections.abc import Sequence
from statistics import median

from benchmarks.processes import output

IMPORTS = {
    "micrograd_bp": "import micrograd_bp",
    "micrograd": "import micrograd.engine, micrograd.nn",
    "xad": "import xad.adj_1st, xad.math",
}


def import_times(contenders: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """For each contender the seconds of each round, beyond those that Python itself takes to start.

    Compiled modules are kept in a folder of their own, whatever the environment says about keeping them; a first
    round, not counted, fills it.
    """
    statements = {"": "pass"} | {name: IMPORTS[name] for name in contenders}
    measured: dict[str, list[float]] = {name: [] for name in statements}
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = bytecode
        for _ in range(rounds + 1):
            for name, statement in statements.items():
                start = time.perf_counter()
                output("-c", statement, environment=environment)
                measured[name].append(time.perf_counter() - start)
    empty = median(measured.pop("")[1:])
    return {name: [seconds - empty for seconds in times[1:]] for name, times in measured.items()}
