"""The numbers and indices that a program holds, as arrays with names."""

from collections.abc import Iterable
from itertools import count
from typing import Any

import numpy as np

from micrograd_bp.compiler.arrays.language import Shape


class Constants:
    """The numbers and indices that a program needs, under the names that it uses."""

    def __init__(self, dtype: str = "float64", taken: Iterable[str] = ()) -> None:
        """Starts without any. `dtype` is that of the numbers; names that are `taken` are those of the inputs."""
        self.dtype = dtype
        self._taken = frozenset(taken)
        self._numbered = {letter: map(f"{letter}{{}}".format, count()) for letter in "ic"}
        self.arrays: dict[str, np.ndarray[Any, Any]] = {}
        self._names: dict[tuple[str, Shape, bytes], str] = {}

    def name(self, array: np.ndarray[Any, Any]) -> str:
        """The name of an array: `c0`, or `i0` for an index."""
        key = array.dtype.kind, array.shape, array.tobytes()
        if key not in self._names:
            numbered = self._numbered["i" if array.dtype.kind == "i" else "c"]
            self._names[key] = next(name for name in numbered if name not in self._taken)
            self.arrays[self._names[key]] = array
        return self._names[key]

    def free(self, name: str) -> str:
        """A name of our own, such as `batch`; with a _ where an input is called so."""
        while name in self._taken:
            name += "_"
        return name

    def source(self) -> str:
        """The arrays as Python."""
        if not self.arrays:
            return ""
        library = self.free("np")
        names = {"inf", "nan"} if any(not np.isfinite(array).all() for array in self.arrays.values()) else set()
        lines = ["# ---- numbers of the graph", ""] + (["from numpy import inf, nan", ""] if names else [])
        for name, array in self.arrays.items():
            dtype = f", dtype={library}.{self.dtype}" if array.dtype.kind == "f" and self.dtype != "float64" else ""
            if array.ndim and array.dtype.kind == "f" and (array == 1.0).all():
                lines.append(f"{name} = {library}.ones({array.shape}{dtype})")
            elif array.ndim == 2 and array.size > 20:
                rows = "".join(f"\n    {row}," for row in array.tolist())
                lines.append(f"{name} = {library}.array([{rows}\n]{dtype})")
            else:
                lines.append(f"{name} = {library}.array({array.tolist()}{dtype})")
        return "\n".join(lines)
