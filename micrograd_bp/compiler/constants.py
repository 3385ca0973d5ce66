"""The numbers and indices that a program holds, as arrays with names."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

import numpy as np

from micrograd_bp.compiler.expression import Shape


class Constants:
    """The numbers and indices that a program needs, under the names that it uses."""

    def __init__(self, dtype: str = "float64", taken: Iterable[str] = ()) -> None:
        """Starts without any. `dtype` is that of the numbers; names that are `taken` are not given to an array."""
        self.dtype = dtype
        self._free = {letter: _free_names(letter, frozenset(taken)) for letter in "ic"}
        self.arrays: dict[str, np.ndarray[Any, Any]] = {}
        self._names: dict[tuple[str, Shape, bytes], str] = {}

    def name(self, array: np.ndarray[Any, Any]) -> str:
        """The name of an array: `c0`, or `i0` for an index."""
        key = array.dtype.kind, array.shape, array.tobytes()
        if key not in self._names:
            self._names[key] = next(self._free["i" if array.dtype.kind == "i" else "c"])
            self.arrays[self._names[key]] = array
        return self._names[key]

    def source(self) -> str:
        """The arrays as Python."""
        if not self.arrays:
            return ""
        names = {"inf", "nan"} if any(not np.isfinite(array).all() for array in self.arrays.values()) else set()
        lines = ["# ---- numbers of the graph", ""] + (["from numpy import inf, nan", ""] if names else [])
        for name, array in self.arrays.items():
            dtype = f", dtype=np.{self.dtype}" if array.dtype.kind == "f" and self.dtype != "float64" else ""
            if array.ndim == 2 and array.size > 20:
                rows = "".join(f"\n    {row}," for row in array.tolist())
                lines += f"{name} = np.array([{rows}\n]{dtype})".split("\n")
            else:
                lines.append(f"{name} = np.array({array.tolist()}{dtype})")
        return "\n".join(lines)


def _free_names(letter: str, taken: frozenset[str]) -> Iterator[str]:
    return (name for name in (f"{letter}{number}" for number in count()) if name not in taken)
