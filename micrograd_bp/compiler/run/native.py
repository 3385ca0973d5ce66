"""A program of arrays that runs as machine code, where that is faster than NumPy."""

import math
from collections.abc import Sequence
from functools import cached_property, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.compiler import thresholds
from micrograd_bp.compiler.find.graph import Graph
from micrograd_bp.compiler.find.grouping import Grouping
from micrograd_bp.compiler.run.lines import Lines
from micrograd_bp.compiler.run.matrices import Matrices, in_pieces, is_debugged
from micrograd_bp.compiler.run.work import Seconds, seconds_of_calls, seconds_to_make
from micrograd_bp.compiler.write.native import NativeSource, native_source
from micrograd_bp.compiler.write.nests import NoLoopNestError

if TYPE_CHECKING:
    from micrograd_bp.compiler.run.machine_code import Kernel

Array = NDArray[Any]


def _has_llvm() -> bool:
    """Whether machine code can be made; not by llvmlite before version 0.44, which others may have brought along."""
    spec = find_spec("llvmlite") if find_spec("platformdirs") else None
    folders = (spec.submodule_search_locations if spec else None) or []
    return any(Path(folder, "binding", "newpassmanagers.py").exists() for folder in folders)


HAS_LLVM = _has_llvm()


class Native(Matrices):
    """A program of arrays. It reads, is debugged and explains what is not finite as on NumPy."""

    def __init__(
        self,
        grouping: Grouping,
        graph: Graph,
        with_respect_to: Sequence[str],
        dtype: str,
        *,
        threads: int,
        always: bool,
    ) -> None:
        """Takes what `Matrices` takes, how many threads share a batch, and whether machine code runs from the start.

        Raises:
            NoLoopNestError: it always does, and there is no machine code for something in it.
        """
        super().__init__(grouping, graph, with_respect_to, dtype)
        self._graph, self._threads, self._always = graph, threads, always
        self._saved = self._saved_by_tape = 0.0
        self._seconds: dict[int | None, list[float]] = {}
        self._least = seconds_to_make(self.routines[0], loops=0)  # they are counted as the text is written
        if always:
            self.native  # noqa: B018  # it is written, so that what cannot be is refused at once

    @cached_property
    def native(self) -> NativeSource:
        """The loop nests, and what they read."""
        return native_source(self.routines[0], self._dtype)

    @cached_property
    def _estimates(self) -> tuple[Seconds, ...]:
        return seconds_of_calls(self.routines[0], self._n_operands)

    @cached_property
    def _n_operands(self) -> int:
        """Of all nodes, of which the groups of a long recurrence have but a few."""
        return sum([len(node.operands) for node in self._graph.order])

    @cached_property
    def _kernel(self) -> "Kernel | None":
        from micrograd_bp.compiler.run.machine_code import kernel_of  # LLVM takes a while to load

        try:
            return kernel_of(self.native.source, self.native.n_arrays)
        except RuntimeError:  # of LLVM, which may have faults of its own
            if self._always:
                raise
            return None

    @cached_property
    def _seconds_to_make(self) -> float:
        try:
            return seconds_to_make(self.routines[0], self.native.loops)
        except NoLoopNestError:
            return math.inf

    @cached_property
    def _tape(self) -> Lines | None:
        tape = Lines(self._graph, self.with_respect_to, tape=True)
        return tape if tape.has_tape else None

    def _faster(self, batch: int | None) -> "Kernel | Lines | None":
        """What is faster than NumPy, if the calls so far would have paid for making it."""
        if batch not in self._seconds:  # to estimate it takes longer than many a kernel
            self._seconds[batch] = [each.of(batch or 1) for each in self._estimates]
        seconds, on_tape, native = self._seconds[batch]
        faster: Lines | None = None
        if on_tape < seconds and self._dtype == "float64":
            self._saved_by_tape += seconds - on_tape
            to_make = thresholds.NATIVE_KERNEL + thresholds.TAPE_MADE * self._n_operands
            if self._saved_by_tape > to_make and self._tape is not None:
                faster, seconds = self._tape, on_tape
        self._saved += max(0.0, seconds - native)
        is_paid = native < seconds and self._saved > self._least and self._saved > self._seconds_to_make
        return (self._kernel if is_paid else None) or faster

    def value_and_gradient(self, parameters: Array, inputs: Sequence[Array], batch: int | None) -> tuple[Any, ...]:
        """As `Matrices` has it. Each thread takes the samples that follow those of the thread before."""
        faster = self._kernel if self._always else self._faster(batch)
        if faster is None or is_debugged():
            return super().value_and_gradient(parameters, inputs, batch)
        if isinstance(faster, Lines):
            return faster.value_and_gradient(parameters, inputs, batch)
        call = partial(self._call, faster, parameters)
        inputs = [array if array.flags.c_contiguous else array.copy() for array in inputs]
        if batch is None or (threads := min(self._threads, batch)) < 2:
            return call(*inputs)
        from concurrent.futures import ThreadPoolExecutor  # few programs need it

        # It takes 60 µs less to keep threads, but a process that is forked later would wait for them.
        with ThreadPoolExecutor(threads) as pool:
            return in_pieces(call, inputs, [batch * i // threads for i in range(threads + 1)], pool.map)

    def _call(self, kernel: "Kernel", parameters: Array, *inputs: Array) -> tuple[Any, ...]:
        native, batch = self.native, len(inputs[0]) if inputs else 0
        results = [np.empty((batch, *each[1:]) if each[1:] else each, parameters.dtype) for each in native.shapes]
        return kernel(parameters, *inputs, native.numbers, native.places, *results, batch), *results
