"""A program of arrays that runs as machine code, where that is faster than NumPy."""

import math
from collections.abc import Sequence
from functools import cached_property, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from micrograd_bp.compiler.run.matrices import Matrices, in_pieces, is_debugged
from micrograd_bp.compiler.run.work import Work, seconds_native, seconds_on_arrays, seconds_to_make
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


class Native:
    """A program of arrays. It reads, is debugged and explains what is not finite as NumPy does."""

    def __init__(self, matrices: Matrices, dtype: str, threads: int, *, always: bool) -> None:
        """Takes the program, how many threads share a batch, and whether machine code runs from the first call on.

        Raises:
            NoLoopNestError: it always is, and there is no machine code for something in it.
        """
        self.matrices, self._dtype, self._threads, self._always = matrices, dtype, threads, always
        self._saved = 0.0
        self._saving: dict[int | None, float] = {}
        self._least = seconds_to_make(matrices.routines[0], loops=0)  # they are counted as the text is written
        if always:
            self.native  # noqa: B018  # it is written, so that what cannot be is refused at once

    def __getattr__(self, name: str) -> Any:
        return getattr(self.matrices, name)

    @cached_property
    def native(self) -> NativeSource:
        """The loop nests, and what they read."""
        return native_source(self.matrices.routines[0], self._dtype)

    @cached_property
    def _work(self) -> Work:
        return Work.of(self.matrices.routines[0])

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
            return seconds_to_make(self.matrices.routines[0], self.native.loops)
        except NoLoopNestError:
            return math.inf

    def _is_worth_it(self, batch: int | None) -> bool:
        """Whether machine code is faster, and the calls so far would have paid for making it."""
        if batch not in self._saving:  # to estimate it takes longer than many a kernel
            self._saving[batch] = seconds_on_arrays(self._work, batch or 1) - seconds_native(self._work, batch or 1)
        self._saved += max(0.0, self._saving[batch])
        return self._saving[batch] > 0.0 and self._saved > self._least and self._saved > self._seconds_to_make

    def value_and_gradient(self, parameters: Array, inputs: Sequence[Array], batch: int | None) -> tuple[Any, ...]:
        """As `Matrices` has it. Each thread takes the samples that follow those of the thread before."""
        kernel = self._kernel if self._always or self._is_worth_it(batch) else None
        if kernel is None or is_debugged():
            return self.matrices.value_and_gradient(parameters, inputs, batch)
        call = partial(self._call, kernel, parameters)
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
